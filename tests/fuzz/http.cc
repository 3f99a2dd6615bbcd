// tests/fuzz/http.cc: bytes of a connection through Beast's parser and the second gate (B-01).
//
// The same bytes must read the same however they are cut into pieces: what depends on the cut is
// how requests are smuggled. The first byte says how large the pieces are. Threads: one.
#include <algorithm>

#include "api/intake.h"
#include "base/check.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

const api::GateRules kRules{{"localhost", "cartella.example.it"}};

std::string reading(std::string_view bytes, std::size_t piece_bytes) {
  api::Intake intake(kRules);
  std::string told;
  std::size_t at = 0;
  while (true) {
    switch (intake.advance()) {
      case api::Intake::State::complete: {
        const api::Request request = intake.take_request();
        CHECK(request.path.starts_with('/'));
        CHECK(request.body.size() <= api::kBodyBytesMax);
        told += std::string(api::method_name(request.method)) + " " + request.path;
        for (const auto& [name, value] : request.query) told += " " + name + "=" + value;
        for (const auto& [name, value] : request.headers) told += "\n" + name + ": " + value;
        told += "\n[" + request.body + "]\n";
        intake.next();
        continue;
      }
      case api::Intake::State::refused: return told + "refused";
      case api::Intake::State::empty:
      case api::Intake::State::head:
      case api::Intake::State::body:
        if (at == bytes.size()) return told;
        break;
    }
    const auto room = intake.room();
    CHECK(!room.empty());
    const auto count = std::min({room.size(), piece_bytes, bytes.size() - at});
    std::copy_n(bytes.data() + at, count, room.data());
    intake.took(count);
    at += count;
  }
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string host = "Host: localhost\r\n";
  return {"\x01GET /v1/status HTTP/1.1\r\n" + host + "\r\n",
          "\x07POST /v1/people/search?count=7&cursor=a%2Fb HTTP/1.1\r\n" + host +
              "Content-Type: application/json\r\nContent-Length: 4\r\n\r\n{\"\"}"
              "GET /v1/status HTTP/1.1\r\n" +
              host + "\r\n",
          "\x03POST /v1/commands HTTP/1.1\r\n" + host +
              "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
              "4\r\nabcd\r\nA\r\n0123456789\r\n0\r\n\r\n",
          "\x40GET /%2e%2e/x HTTP/1.1\r\nHost: cartella.example.it:8443\r\n"
          "Cookie: __Host-session=abc\r\nConnection: close\r\n\r\n"};
}

void judge(ByteView bytes) {
  if (bytes.empty()) return;
  const std::string_view text = text_of(bytes.subspan(1));
  const std::size_t piece_bytes = std::size_t{bytes[0]} + 1;
  CHECK(reading(text, piece_bytes) == reading(text, SIZE_MAX));
}

}  // namespace cartella::fuzz
