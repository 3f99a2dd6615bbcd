// tests/unit/proofs/tls_peer.h: a peer behind TLS, and the certificate for 127.0.0.1 that it shows.
//
// Threads: that of a Peer, which runs what it is given.
#pragma once

#include <openssl/ssl.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "tests/unit/proofs/anchoring_fixture.h"
#include "tests/unit/proofs/peer.h"

namespace cartella::proofs {

// Signed by itself, made by the openssl program in a folder that is there.
class TestCertificate {
 public:
  explicit TestCertificate(const std::filesystem::path& dir)
      : x_certificate((dir / "tls-cert.pem").string()), x_key((dir / "tls-key.pem").string()) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
        "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout '" +
        x_key + "' -out '" + x_certificate + "' >/dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(cert-env33-c)
  }
  const std::string& certificate() const { return x_certificate; }
  const std::string& key() const { return x_key; }

 private:
  std::string x_certificate;
  std::string x_key;
};

class TlsPeer {
 public:
  // `reply` makes the whole answer to one request.
  TlsPeer(const TestCertificate& shown, std::function<std::string(const Received&)> reply)
      : x_context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free), x_reply(std::move(reply)) {
    SSL_CTX* context = x_context.get();
    EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context, shown.certificate().c_str()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context, shown.key().c_str(), SSL_FILETYPE_PEM), 1);
  }
  std::uint16_t port() const { return x_peer.url().port; }

 private:
  void serve(int to) const {
    const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(x_context.get()), &SSL_free);
    SSL_set_fd(tls.get(), to);
    if (SSL_accept(tls.get()) != 1) return;
    const std::string text =
        x_reply(receive_post([&](char& c) { return SSL_read(tls.get(), &c, 1) == 1; }));
    SSL_write(tls.get(), text.data(), static_cast<int>(text.size()));
  }

  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> x_context;
  const std::function<std::string(const Received&)> x_reply;
  const Peer x_peer{[this](int to) { serve(to); }};
};

}  // namespace cartella::proofs
