#include <rapidcheck.h>

#include <map>

#include "tests/unit/store/store_fixture.h"

namespace cartella::store {
namespace {

using crypto::kExpectAny;
using crypto::kExpectExists;
using crypto::kExpectNone;

// What a store must do, in the plainest way.
struct Model {
  std::map<StreamId, std::uint64_t> streams;  // number of events
  std::map<EventId, Receipt> commands;
  std::map<Hash32, Bytes> claims;
  std::vector<std::pair<StreamId, std::uint64_t>> log;  // stream and revision by position

  bool meets(const StreamId& stream, std::int64_t expected) const {
    const auto found = streams.find(stream);
    if (expected == kExpectAny) return true;
    if (expected == kExpectNone) return found == streams.end();
    if (expected == kExpectExists) return found != streams.end();
    return found != streams.end() && found->second == static_cast<std::uint64_t>(expected) + 1;
  }
};

class StoreModel : public StoreTest {
 protected:
  void fresh() {
    store.reset();
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root);
    model = Model();
    next_command = 1;
    create();
  }

  Call random_call() {
    std::vector<Wanted> events;
    std::map<StreamId, std::int64_t> bases;
    std::map<StreamId, std::int64_t> counts;
    const int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
      const StreamId stream = stream_number(*rc::gen::inRange<std::uint64_t>(0, 4));
      if (!bases.contains(stream))
        bases[stream] = *rc::gen::elementOf(
            std::vector<std::int64_t>{kExpectAny, kExpectAny, kExpectNone, kExpectExists, 0, 1, 2});
      const std::int64_t base = bases[stream];
      events.push_back({stream, base >= kExpectNone ? base + counts[stream]++ : base});
    }
    Call call = maker.call(next_command++, events);
    if (*rc::gen::inRange(0, 3) == 0)
      call.checks.push_back(
          {stream_number(*rc::gen::inRange<std::uint64_t>(0, 4)),
           *rc::gen::elementOf(std::vector<std::int64_t>{kExpectNone, kExpectExists, 1})});
    const int claims = *rc::gen::inRange(0, 3);
    for (int i = 0; i < claims; ++i)
      call.claims.push_back({*rc::gen::element(ClaimOp::Kind::claim, ClaimOp::Kind::release,
                                               ClaimOp::Kind::assert_free),
                             hash_number(*rc::gen::inRange<std::uint64_t>(0, 3)),
                             Bytes(8, *rc::gen::inRange<std::uint8_t>(1, 3))});
    return call;
  }

  std::optional<Errc> expected_refusal(const Call& call, std::map<Hash32, Bytes>& claims) const {
    std::map<StreamId, bool> seen;
    for (const auto& event : call.events) {
      const bool first = seen.emplace(event.leaf.stream_id, true).second;
      if (first && !model.meets(event.leaf.stream_id, event.leaf.expected_revision))
        return Errc::conflict;
    }
    for (const auto& check : call.checks)
      if (!model.meets(check.stream, check.expected_revision)) return Errc::conflict;
    for (const ClaimOp& claim : call.claims) {
      const auto held = claims.find(claim.key);
      if (claim.kind == ClaimOp::Kind::release) {
        if (held == claims.end() || held->second != claim.subject) return Errc::conflict;
        claims.erase(held);
        continue;
      }
      if (held != claims.end()) return Errc::claim_taken;
      if (claim.kind == ClaimOp::Kind::claim) claims.emplace(claim.key, claim.subject);
    }
    return std::nullopt;
  }

  void append_random() {
    const Call call = random_call();
    auto claims = model.claims;
    const auto refused = expected_refusal(call, claims);
    const auto answer = store->append(call);
    RC_ASSERT(answer.has_value() == !refused.has_value());
    if (refused) {
      RC_ASSERT(answer.error().code == *refused);
      return;
    }
    RC_ASSERT(answer.value().first_position == model.log.size());
    model.claims = claims;
    model.commands[call.events[0].leaf.event_id] = answer.value();
    for (const auto& event : call.events)
      model.log.emplace_back(event.leaf.stream_id, model.streams[event.leaf.stream_id]++);
    repeatable.push_back(call);
  }

  void repeat_random() {
    if (repeatable.empty()) return;
    Call call = repeatable[*rc::gen::inRange<std::size_t>(0, repeatable.size())];
    const auto known = model.commands.find(call.events[0].leaf.event_id);
    if (known == model.commands.end()) return;
    const bool same = *rc::gen::arbitrary<bool>();
    if (!same) call.command_digest = hash_number(1'000'000);
    const auto answer = store->append(call);
    RC_ASSERT(answer.has_value() == same);
    if (!same) {
      RC_ASSERT(answer.error().code == Errc::idempotency_conflict);
      return;
    }
    RC_ASSERT(answer.value().duplicate);
    RC_ASSERT(answer.value().first_position == known->second.first_position);
    RC_ASSERT(answer.value().tree_size == known->second.tree_size);
  }

  void compare() {
    RC_ASSERT(store->size() == model.log.size());
    for (std::uint64_t i = 0; i < model.log.size(); ++i) {
      const auto event = store->read(i).value();
      RC_ASSERT(event.leaf.stream_id == model.log[i].first);
      RC_ASSERT(event.leaf.revision == model.log[i].second);
    }
    for (const auto& [stream, count] : model.streams) {
      RC_ASSERT(store->stream_head(stream).value()->revision + 1 == count);
      RC_ASSERT(store->read_stream(stream, 0, 1000).value().size() == count);
    }
    for (std::uint64_t key = 0; key < 3; ++key) {
      const auto held = store->find_claim(hash_number(key)).value();
      const auto expected = model.claims.find(hash_number(key));
      RC_ASSERT(held.has_value() == (expected != model.claims.end()));
      if (held) RC_ASSERT(*held == expected->second);
    }
  }

  Model model;
  std::vector<Call> repeatable;
  std::uint64_t next_command = 1;
};

TEST_F(StoreModel, BehavesAsAModelInMemoryOverReopening) {
  ::setenv("RC_PARAMS", "max_success=25", 0);
  EXPECT_TRUE(rc::check("store and model agree", [this] {
    fresh();
    repeatable.clear();
    const int steps = *rc::gen::inRange(5, 60);
    for (int step = 0; step < steps; ++step) {
      const int what = *rc::gen::inRange(0, 20);
      if (what < 14) {
        append_random();
      } else if (what < 17) {
        repeat_random();
      } else if (what < 18) {
        reopen();
      } else if (what < 19) {
        RC_ASSERT(store->flush().has_value());
      } else {
        RC_ASSERT(store->publish().has_value());
      }
    }
    compare();
    reopen();
    compare();
  }));
}

}  // namespace
}  // namespace cartella::store
