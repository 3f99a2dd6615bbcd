// proofs/outbound.h: the only outgoing connections: one POST to an address that an operator wrote.
//
// HTTP/1.1 over TLS with the peer's certificate and name verified, or plain HTTP where the address
// says so: then whoever is on the way can answer anything, and counts for nothing but what is
// signed in the answer. No redirect is followed, no proxy asked, no connection kept; time and bytes
// are bounded. Threads: functions, any thread; they block up to the deadline, and as long as the
// system's resolver takes beyond it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cartella::proofs {

struct OutboundUrl {
  bool is_tls = false;
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 0;
  std::string path;  // empty, or a slash and what follows, without one at the end
};
// http:// or https://, no user, query or fragment. invalid_input.
Result<OutboundUrl> parse_url(std::string_view text);

struct OutboundOptions {
  std::string ca_file;  // PEM; empty: the authorities that the system trusts
  // Connecting, sending and reading together: short enough for a stop to wait for it (F-14). None
  // left: unavailable, at once.
  std::chrono::milliseconds deadline{5000};
  std::size_t answer_bytes_max = 64 * 1024;  // a time-stamp with its certificates has about 6 KiB
};

struct OutboundPost {
  std::string path;  // after the URL's
  std::string content_type;
  std::string accept;  // empty: anything
  std::string body;
};

struct OutboundAnswer {
  unsigned status = 0;
  std::string content_type;
  std::string body;
};

// unavailable: no connection, no trust in the peer, no whole answer in time; invalid_input: the
// answer is no HTTP or too long; io: the CA file cannot be read.
Result<OutboundAnswer> post(const OutboundUrl& url, const OutboundPost& request,
                            const OutboundOptions& options);

}  // namespace cartella::proofs
