#include "api/ocsp_staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

#include "base/bytes.h"
#include "base/check.h"
#include "base/free_by.h"
#include "store/file_io.h"

namespace cartella::api {

namespace {

using Response = std::unique_ptr<OCSP_RESPONSE, FreeBy<OCSP_RESPONSE_free>>;
using Basic = std::unique_ptr<OCSP_BASICRESP, FreeBy<OCSP_BASICRESP_free>>;
using Time = std::unique_ptr<ASN1_TIME, FreeBy<ASN1_TIME_free>>;

struct Staple {
  Bytes response;
  Time until;
};

void forget(void* /*context*/, void* staple, CRYPTO_EX_DATA* /*all*/, int /*index*/,
            long /*unused*/, void* /*unused*/) {
  const std::unique_ptr<Staple> gone(static_cast<Staple*>(staple));
}

// Where a context keeps its staple, which goes with it.
int slot() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, forget);
  return index;
}

bool is_over(const ASN1_TIME* until) { return X509_cmp_current_time(until) <= 0; }

int send(SSL* ssl, void* /*unused*/) {
  const auto* staple =
      static_cast<const Staple*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), slot()));
  if (staple == nullptr || is_over(staple->until.get())) return SSL_TLSEXT_ERR_NOACK;
  // OpenSSL frees what it is given.
  void* copy = OPENSSL_memdup(staple->response.data(), staple->response.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple->response.size()));
  return SSL_TLSEXT_ERR_OK;
}

// What the answer says of the certificate; null where it says nothing of it.
OCSP_SINGLERESP* find_single(OCSP_BASICRESP* basic, const X509* certificate) {
  const ASN1_INTEGER* wanted = X509_get0_serialNumber(certificate);
  for (int i = 0; i < OCSP_resp_count(basic); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(basic, i);
    ASN1_INTEGER* serial = nullptr;
    auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id);
    if (serial != nullptr && ASN1_INTEGER_cmp(serial, wanted) == 0) return single;
  }
  return nullptr;
}

Result<Time> end_of(OCSP_RESPONSE* response, const X509* certificate, const std::string& path) {
  if (response == nullptr || OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return fail(Errc::corrupt, path + ": no answer of an authority");
  const Basic basic(OCSP_response_get1_basic(response));
  OCSP_SINGLERESP* single = basic ? find_single(basic.get(), certificate) : nullptr;
  if (single == nullptr)
    return fail(Errc::corrupt, path + ": says nothing of the server's certificate");
  ASN1_GENERALIZEDTIME* until = nullptr;
  const int status = OCSP_single_get0_status(single, nullptr, nullptr, nullptr, &until);
  if (status == V_OCSP_CERTSTATUS_REVOKED)
    return fail(Errc::key_revoked, path + ": the authority has revoked the certificate");
  if (status != V_OCSP_CERTSTATUS_GOOD)
    return fail(Errc::corrupt, path + ": the authority does not know the certificate");
  if (until == nullptr) return fail(Errc::corrupt, path + ": an answer without an end");
  if (is_over(until)) return fail(Errc::refused, path + ": the answer's time is over");
  return Time(ASN1_STRING_dup(until));
}

}  // namespace

Status staple_ocsp_response(ssl_ctx_st* context, const std::string& path) {
  auto bytes = store::read_file(path, kOcspResponseBytesMax);
  if (!bytes && bytes.error().code == Errc::invalid_input)
    return fail(Errc::corrupt, path + ": larger than 64 KiB");
  if (!bytes) return fail(Errc::io, bytes.error().detail);
  const unsigned char* at = bytes.value().data();
  const Response response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(bytes.value().size())));
  if (at != bytes.value().data() + bytes.value().size())
    return fail(Errc::corrupt, path + ": no answer of an authority, or more than one");
  auto until = end_of(response.get(), SSL_CTX_get0_certificate(context), path);
  ERR_clear_error();
  CARTELLA_TRY(Time end, std::move(until));
  auto staple = std::make_unique<Staple>(Staple{std::move(bytes).value(), std::move(end)});
  CHECK(SSL_CTX_get_ex_data(context, slot()) == nullptr);
  if (!staple->until || SSL_CTX_set_ex_data(context, slot(), staple.get()) != 1)
    return fail(Errc::io, "OpenSSL takes no answer of an authority");
  static_cast<void>(staple.release());
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB,
                        reinterpret_cast<void (*)()>(send));
  return ok();
}

}  // namespace cartella::api
