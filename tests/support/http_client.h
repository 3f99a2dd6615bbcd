// tests/support/http_client.h: a blocking HTTP client that says exactly the bytes it is told.
//
// It is no good client on purpose: it sends what a test wants and shows what came back. Every read
// ends after ten seconds at most. Threads: each object one.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cartella::tests {

struct HttpAnswer {
  unsigned status = 0;  // 0: nothing whole came
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool whole = false;  // not cut in the middle

  std::string header(std::string_view name) const {
    for (const auto& [known, value] : headers)
      if (known == name) return value;
    return {};
  }
};

// OpenSSL writes to sockets in a way that raises SIGPIPE when the peer has gone. Only the client's
// writes are protected: the server must take care of itself.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    sigemptyset(&x_pipe);
    sigaddset(&x_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &x_pipe, &x_before);
  }
  ~WithoutPipeSignal() {
    const timespec at_once{};
    while (sigtimedwait(&x_pipe, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &x_before, nullptr);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  sigset_t x_pipe{};
  sigset_t x_before{};
};

struct TlsChoice {
  int version_min = TLS1_2_VERSION;
  int version_max = TLS1_3_VERSION;
  std::string ciphers = {};    // of TLS 1.2; empty: the library's
  std::string protocols = {};  // ALPN, each with its length before it
  bool handshake = true;       // false: only TCP
};

class HttpClient {
 public:
  static std::unique_ptr<HttpClient> on_port(std::uint16_t port, const TlsChoice& choice = {}) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto client = std::make_unique<HttpClient>(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    client->x_connected =
        connect(client->x_file, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (client->x_connected && choice.handshake) client->shake_hands(choice);
    return client;
  }
  static std::unique_ptr<HttpClient> on_path(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    auto client = std::make_unique<HttpClient>(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    client->x_connected =
        connect(client->x_file, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    return client;
  }

  explicit HttpClient(int file) : x_file(file) {
    timeval limit{10, 0};
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  ~HttpClient() {
    x_tls.reset();
    ::close(x_file);
  }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool is_connected() const { return x_connected; }
  std::string tls_version() const { return x_tls ? SSL_get_version(x_tls.get()) : ""; }
  std::string cipher() const { return x_tls ? SSL_get_cipher_name(x_tls.get()) : ""; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned bytes = 0;
    SSL_get0_alpn_selected(x_tls.get(), &name, &bytes);
    return {reinterpret_cast<const char*>(name), bytes};
  }
  // The certificate's serial number, by which a test tells two apart.
  std::string certificate_serial() const {
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(x_tls.get()),
                                                            X509_free);
    if (!shown) return {};
    const ASN1_INTEGER* serial = X509_get0_serialNumber(shown.get());
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
            static_cast<std::size_t>(ASN1_STRING_length(serial))};
  }

  // Of the answers, head and all.
  std::size_t received() const { return x_received; }
  bool send(std::string_view bytes) {
    const WithoutPipeSignal quiet;
    while (!bytes.empty()) {
      const auto count =
          x_tls ? SSL_write(x_tls.get(), bytes.data(), static_cast<int>(bytes.size()))
                : static_cast<int>(::send(x_file, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  bool send_bytewise(std::string_view bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [&](char c) { return send({&c, 1}); });
  }
  void half_close() { shutdown(x_file, SHUT_WR); }
  // Closes without a word of TLS, as a machine that loses its cable.
  void vanish() { shutdown(x_file, SHUT_RDWR); }

  // Something can be read, or the peer closed. TLS 1.3 sends tickets that are neither.
  bool is_readable(int timeout_ms) {
    pollfd waiting{x_file, POLLIN, 0};
    if (!x_tls) return poll(&waiting, 1, timeout_ms) > 0;
    const int flags = fcntl(x_file, F_GETFL);
    while (true) {
      char peeked = 0;
      fcntl(x_file, F_SETFL, flags | O_NONBLOCK);
      ERR_clear_error();
      const int count = SSL_peek(x_tls.get(), &peeked, 1);
      const bool nothing = count <= 0 && SSL_get_error(x_tls.get(), count) == SSL_ERROR_WANT_READ;
      fcntl(x_file, F_SETFL, flags);
      if (!nothing) return true;
      if (poll(&waiting, 1, timeout_ms) <= 0) return false;
    }
  }
  // Empty: the peer closed, or nothing came in time.
  std::string read_some() {
    std::string bytes(16384, '\0');
    errno = 0;
    const auto count = x_tls ? SSL_read(x_tls.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : static_cast<int>(::recv(x_file, bytes.data(), bytes.size(), 0));
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    x_received += bytes.size();
    x_closed |= count <= 0 && errno != EAGAIN;
    return bytes;
  }
  bool is_closed() {
    while (!x_closed && !read_some().empty()) {
    }
    return x_closed;
  }
  std::string read_until(std::string_view mark) {
    while (x_read.find(mark) == std::string::npos) {
      const auto more = read_some();
      if (more.empty()) break;
      x_read += more;
    }
    const auto end = x_read.find(mark);
    return take(end == std::string::npos ? x_read.size() : end + mark.size());
  }

  HttpAnswer read_answer() {
    HttpAnswer answer = read_head();
    if (answer.status == 0) return answer;
    if (answer.header("Transfer-Encoding") == "chunked") return read_chunks(std::move(answer));
    std::size_t bytes = 0;
    const auto length = answer.header("Content-Length");
    std::from_chars(length.data(), length.data() + length.size(), bytes);
    while (x_read.size() < bytes) {
      const auto more = read_some();
      if (more.empty()) return answer;
      x_read += more;
    }
    answer.body = take(bytes);
    answer.whole = true;
    return answer;
  }
  HttpAnswer read_head() {
    HttpAnswer answer;
    const auto head = read_until("\r\n\r\n");
    if (!head.ends_with("\r\n\r\n") || !head.starts_with("HTTP/1.1 ")) return answer;
    std::from_chars(head.data() + 9, head.data() + 12, answer.status);
    for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
      const auto end = head.find("\r\n", at);
      const auto colon = head.find(": ", at);
      answer.headers.emplace_back(head.substr(at, colon - at),
                                  head.substr(colon + 2, end - colon - 2));
      at = end + 2;
    }
    return answer;
  }
  HttpAnswer ask(std::string_view request) {
    send(request);
    return read_answer();
  }

 private:
  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  void shake_hands(const TlsChoice& choice) {
    const WithoutPipeSignal quiet;
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), choice.version_min);
    SSL_CTX_set_max_proto_version(context.get(), choice.version_max);
    if (!choice.ciphers.empty()) SSL_CTX_set_cipher_list(context.get(), choice.ciphers.c_str());
    x_tls.reset(SSL_new(context.get()));
    if (!choice.protocols.empty())
      SSL_set_alpn_protos(x_tls.get(),
                          reinterpret_cast<const unsigned char*>(choice.protocols.data()),
                          static_cast<unsigned>(choice.protocols.size()));
    SSL_set_fd(x_tls.get(), x_file);
    if (SSL_connect(x_tls.get()) == 1) return;
    ERR_clear_error();
    x_connected = false;
  }
  std::string take(std::size_t count) {
    std::string taken = x_read.substr(0, count);
    x_read.erase(0, count);
    return taken;
  }
  HttpAnswer read_chunks(HttpAnswer answer) {
    while (true) {
      const auto line = read_until("\r\n");
      std::size_t bytes = 0;
      if (!line.ends_with("\r\n") ||
          std::from_chars(line.data(), line.data() + line.size() - 2, bytes, 16).ptr !=
              line.data() + line.size() - 2)
        return answer;
      while (x_read.size() < bytes + 2) {
        const auto more = read_some();
        if (more.empty()) return answer;
        x_read += more;
      }
      answer.body += take(bytes);
      take(2);
      if (bytes == 0) break;
    }
    answer.whole = true;
    return answer;
  }

  int x_file;
  std::size_t x_received = 0;
  bool x_connected = false;
  bool x_closed = false;
  std::unique_ptr<SSL, FreeTls> x_tls;
  std::string x_read;
};

}  // namespace cartella::tests
