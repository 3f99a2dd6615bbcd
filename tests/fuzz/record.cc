// tests/fuzz/record.cc: stored bytes of an event: leaf, body record, segments (B-04, B-12).
//
// What is accepted encodes to the very bytes that were read: two byte strings that mean one event
// would let one of them be swapped for the other. Threads: one.
#include "crypto/record.h"
#include "base/check.h"
#include "crypto/secret.h"
#include "crypto/segment.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {

std::vector<std::string> seeds() {
  auto all = golden_bytes("event.txt");
  for (const auto& name : {"key.txt", "configuration.txt", "erasure.txt", "schema.txt"})
    for (auto& bytes : golden_bytes(name)) all.push_back(std::move(bytes));
  return all;
}

void judge(ByteView bytes) {
  crypto::StoredEvent event;
  if (const auto leaf = crypto::decode_leaf(bytes)) {
    const auto again = crypto::encode_leaf(leaf.value());
    CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
    CHECK(crypto::leaf_hash(bytes) == crypto::leaf_hash_second(leaf.value()));
    event.leaf = leaf.value();
  }
  if (auto body = crypto::decode_body(bytes)) {
    Bytes again;
    crypto::encode_body(body.value(), again);
    CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
    event.body = std::move(body).value();
    (void)crypto::check_body(event).has_value();
  }
  (void)crypto::segment_head(bytes).has_value();
  (void)crypto::open_clear_segment(bytes).has_value();
  (void)crypto::open_segment({}, crypto::Secret32{}, bytes).has_value();
}

}  // namespace cartella::fuzz
