// api/ocsp_staple.h: what the authority says of the server's certificate, sent along with it.
//
// A client then need not ask the authority, who would learn from it who talks to whom (ASVS 9.2.4;
// RFC 6066, 8; RFC 6960). Whoever keeps the certificate fetches the answer, since the server asks
// nobody. It is the client that checks the authority's signature.
// Threads: any; the file is read at once.
#pragma once

#include <string>

#include "base/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace cartella::api {

inline constexpr std::size_t kOcspResponseBytesMax = std::size_t{64} * 1024;

// The answer of the authority in the file (DER, at most 64 KiB) goes with the certificate that
// `context` has, to each client that asks for it and until the time that it names. io: the file
// cannot be read; corrupt: no answer, too large, none for this certificate, or without an end;
// refused: its time is over; key_revoked: the authority has revoked the certificate.
Status staple_ocsp_response(ssl_ctx_st* context, const std::string& path);

}  // namespace cartella::api
