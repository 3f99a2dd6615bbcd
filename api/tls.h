// api/tls.h: TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only, and a certificate
// for a demo.
//
// Threads: any; the functions that read or write files block.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace cartella::api {

struct TlsContextFree {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, TlsContextFree>;

struct CertificateFiles {
  std::string certificate;  // PEM: the server's, then those that vouch for it
  std::string key;          // PEM, without passphrase
};

// io: a file cannot be read; corrupt: it holds no certificate or key, or they do not belong
// together.
Result<TlsContext> make_tls_context(const CertificateFiles& files);
// Another owner of the same context.
TlsContext share(const TlsContext& context);

// A self-signed certificate for `host`, localhost, 127.0.0.1 and ::1 on P-256, valid for a year;
// the key file has mode 0600. Files that are there are kept. invalid_argument: only one of the two
// is there, or `host` is no name; io: they cannot be written.
Status make_self_signed(const std::string& certificate_path, const std::string& key_path,
                        const std::string& host);

}  // namespace cartella::api
