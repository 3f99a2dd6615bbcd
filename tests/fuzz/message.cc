// tests/fuzz/message.cc: Cap'n Proto messages: header, bodies, one event of a replay (B-04).
//
// Whatever opens must open within the reader's limits; a header that opens is encoded canonically
// and opens as the same value. Threads: one.
#include "base/check.h"
#include "schema/body.h"
#include "schema/codec.h"
#include "schema/event_types.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

// Reads every text and blob of the message, as a projection might.
template <class Root>
void walk(ByteView bytes) {
  const auto told = schema::with_body<Root>(bytes, [](typename Root::Reader root) -> Result<int> {
    return static_cast<int>(kj::str(root).size() & 1);
  });
  if (!told) CHECK(told.error().code == Errc::invalid_input);
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> messages;
  for (const auto& name :
       {"event.txt", "key.txt", "configuration.txt", "erasure.txt", "replay.txt"})
    for (auto& bytes : golden_bytes(name))
      if (bytes.size() % 8 == 0) messages.push_back(std::move(bytes));
  return messages;
}

void judge(ByteView bytes) {
  if (const auto header = schema::decode_header(bytes)) {
    const Bytes canonical = schema::encode_header(header.value());
    const auto again = schema::decode_header(canonical);
    CHECK(again.has_value() && again.value() == header.value());
  }
  walk<schema::PersonRegistered>(bytes);
  walk<schema::AccessRecorded>(bytes);
}

}  // namespace cartella::fuzz
