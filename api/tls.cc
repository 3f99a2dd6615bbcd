#include "api/tls.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/free_by.h"

namespace cartella::api {

namespace {

using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;

// Only forward secrecy and authenticated encryption: no CBC, no key exchange with RSA.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr std::string_view kProtocol("\x08http/1.1", 9);

int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_bytes,
                    const unsigned char* offered, unsigned offered_bytes, void* /*unused*/) {
  unsigned char* found = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(kProtocol.data());
  if (SSL_select_next_proto(&found, chosen_bytes, ours, kProtocol.size(), offered, offered_bytes) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Error unreadable(const std::string& path) {
  return fail(Errc::io, path + ": " + std::strerror(errno));
}

Status load(SSL_CTX* context, const CertificateFiles& files) {
  for (const auto& path : {files.certificate, files.key})
    if (access(path.c_str(), R_OK) != 0) return unreadable(path);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return fail(Errc::corrupt, files.certificate + ": no certificate in PEM");
  // A key with a passphrase would ask for it on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(Errc::corrupt, files.key + ": no key in PEM, or not that of the certificate");
  if (SSL_CTX_check_private_key(context) != 1)
    return fail(Errc::corrupt, files.key + ": not the key of the certificate");
  return ok();
}

Status write_file(const std::string& path, mode_t mode, BIO* content) {
  char* bytes = nullptr;
  const auto count = static_cast<std::size_t>(BIO_get_mem_data(content, &bytes));
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return unreadable(path);
  const bool whole = write(file, bytes, count) == static_cast<ssize_t>(count) && fsync(file) == 0;
  if (close(file) != 0 || !whole) {
    unlink(path.c_str());
    return fail(Errc::io, path + ": not written");
  }
  return ok();
}

bool is_host_name(const std::string& host) {
  return !host.empty() && host.size() <= 64 &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return (std::isalnum(c) != 0 && c < 0x80) || c == '.' || c == '-';
         });
}

bool add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string names_of(const std::string& host) {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (host == "localhost" || host == "127.0.0.1") return names;
  const bool is_address = host.find_first_not_of("0123456789.") == std::string::npos;
  return names + (is_address ? ",IP:" : ",DNS:") + host;
}

// Empty when OpenSSL refuses a part of it.
Certificate sign(EVP_PKEY* key, const std::string& host) {
  Certificate certificate(X509_new());
  std::array<unsigned char, 16> serial{};
  if (!certificate || RAND_bytes(serial.data(), serial.size()) != 1) return nullptr;
  serial[0] &= 0x7f;  // positive
  BIGNUM* number = BN_bin2bn(serial.data(), serial.size(), nullptr);
  const bool numbered =
      number != nullptr &&
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get())) != nullptr;
  BN_free(number);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const bool made =
      numbered && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 365L * 24 * 3600) != nullptr &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1,
                                 0) == 1 &&
      X509_set_issuer_name(certificate.get(), name) == 1 &&
      X509_set_pubkey(certificate.get(), key) == 1 &&
      add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature") &&
      add_extension(certificate.get(), NID_ext_key_usage, "serverAuth") &&
      add_extension(certificate.get(), NID_subject_key_identifier, "hash") &&
      add_extension(certificate.get(), NID_subject_alt_name, names_of(host)) &&
      X509_sign(certificate.get(), key, EVP_sha256()) > 0;
  return made ? std::move(certificate) : nullptr;
}

}  // namespace

void TlsContextFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

TlsContext share(const TlsContext& context) {
  SSL_CTX_up_ref(context.get());
  return TlsContext(context.get());
}

Result<TlsContext> make_tls_context(const CertificateFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(Errc::io, "OpenSSL gives no context");
  SSL_CTX* made = context.get();
  SSL_CTX_set_options(made, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
                                SSL_OP_NO_COMPRESSION | SSL_OP_PRIORITIZE_CHACHA);
  // Sessions are resumed by tickets: the server keeps nothing of a client that has gone.
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(made, 1);
  SSL_CTX_set_alpn_select_cb(made, choose_protocol, nullptr);
  if (SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(made, kCiphers12) != 1 ||
      SSL_CTX_set_ciphersuites(made, kCiphers13) != 1 ||
      SSL_CTX_set1_groups_list(made, "X25519:P-256:P-384") != 1)
    return fail(Errc::unsupported, "OpenSSL lacks a cipher that is asked for");
  const auto loaded = load(made, files);
  ERR_clear_error();
  CARTELLA_TRY(loaded);
  return context;
}

Status make_self_signed(const std::string& certificate_path, const std::string& key_path,
                        const std::string& host) {
  if (!is_host_name(host)) return fail(Errc::invalid_argument, "not the name of a host");
  const bool has_certificate = access(certificate_path.c_str(), F_OK) == 0;
  const bool has_key = access(key_path.c_str(), F_OK) == 0;
  if (has_certificate && has_key) return ok();
  if (has_certificate || has_key)
    return fail(Errc::invalid_argument, "of certificate and key only one is there");
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = key ? sign(key.get(), host) : nullptr;
  const Memory key_text(BIO_new(BIO_s_secmem()));
  const Memory certificate_text(BIO_new(BIO_s_mem()));
  if (!certificate || !key_text || !certificate_text ||
      PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1)
    return fail(Errc::io, "OpenSSL makes no certificate");
  CARTELLA_TRY(write_file(key_path, 0600, key_text.get()));
  auto written = write_file(certificate_path, 0644, certificate_text.get());
  if (!written) unlink(key_path.c_str());
  return written;
}

}  // namespace cartella::api
