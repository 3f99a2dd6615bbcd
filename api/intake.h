// api/intake.h: bytes in, requests out: one connection's reading without the connection.
//
// Collects a header of at most kHeadBytesMax, lets Beast and then the gate read it, collects the
// body. Bytes of a following request stay where they are until next(). No memory is taken for a
// body before its bytes come. Threads: one; no I/O, no clock.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "api/gate.h"
#include "api/http.h"

namespace cartella::api {

class Intake {
 public:
  enum class State : std::uint8_t {
    empty,     // not a byte of a request yet
    head,      // some of the header
    body,      // the header was admitted, the body is not whole
    complete,  // request() may be taken
    refused    // refusal() says why; nothing more is read
  };

  // `rules` outlive it.
  explicit Intake(const GateRules& rules) : x_rules(rules) {}
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // Where the next bytes belong; never empty in the states empty, head and body.
  std::span<char> room();
  // `count` bytes came there.
  void took(std::size_t count) {
    x_end += count;
    x_touched = std::max(x_touched, x_end);
  }
  // Works through them.
  State advance();
  State state() const { return x_state; }

  // Without id and peer. Once, in the state complete.
  Request take_request() { return std::move(x_request); }
  const Error& refusal() const { return x_refusal; }
  bool keep_alive() const { return x_admitted.keep_alive; }
  // Once for each request that asks for it: the client waits for `100 Continue`.
  bool must_continue();
  std::size_t body_bytes() const { return x_request.body.size(); }

  // Begins with the next request; the bytes of this one are wiped, since a secret may be in them.
  void next();

 private:
  State advance_head();
  State advance_body();
  State read_head(std::string_view raw);
  void wipe_past();
  State refuse(Error error);
  std::string_view waiting() const { return {x_bytes.data() + x_begin, x_end - x_begin}; }

  const GateRules& x_rules;
  std::array<char, kHeadBytesMax + 4096> x_bytes;
  std::size_t x_begin = 0;    // of what is not worked through
  std::size_t x_end = 0;      // of what came
  std::size_t x_touched = 0;  // of what ever came and was not wiped
  std::size_t x_scanned = 0;  // of the header, from x_begin
  State x_state = State::empty;
  Admitted x_admitted;
  Request x_request;
  ChunkedBody x_chunks;
  std::vector<FieldView> x_fields;
  Error x_refusal{Errc::invalid_input, {}};
};

}  // namespace cartella::api
