// tests/unit/proofs/peer.h: somebody on loopback who takes connections and answers as a test wants.
//
// Threads: one inside, which runs what it is given.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "proofs/outbound.h"

namespace cartella::proofs {

// Takes connections on loopback, one after the other, and gives each to a function.
class Peer {
 public:
  explicit Peer(std::function<void(int)> serve)
      : x_listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(x_listener, plain, length), 0);
    EXPECT_EQ(::listen(x_listener, 1), 0);
    EXPECT_EQ(::getsockname(x_listener, plain, &length), 0);
    x_port = ntohs(address.sin_port);
    x_thread = std::thread([this, serve = std::move(serve)] {
      for (;;) {
        const int peer = ::accept(x_listener, nullptr, nullptr);
        if (peer < 0) return;
        serve(peer);
        ::close(peer);
      }
    });
  }
  ~Peer() {
    ::shutdown(x_listener, SHUT_RDWR);
    x_thread.join();
    ::close(x_listener);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  OutboundUrl url(bool is_tls = false) const { return {is_tls, "127.0.0.1", x_port, "/here"}; }

 private:
  int x_listener;
  std::uint16_t x_port = 0;
  std::thread x_thread;
};

inline void send_text(int to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(to, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// What the client sent up to its body, which ends with an exclamation mark.
inline std::string receive(int from) {
  std::string text;
  char c = 0;
  while (c != '!' && ::recv(from, &c, 1, 0) == 1) text += c;
  return text;
}

}  // namespace cartella::proofs
