// The log's key is replaced: a second genesis names the next one, one checkpoint carries both.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "crypto/hash.h"
#include "proofs/bundle_check.h"
#include "proofs/time_stamp.h"
#include "tests/unit/proofs/authority.h"
#include "tests/unit/proofs/log_double.h"

namespace cartella::proofs {
namespace {

using testing::assemble;
using testing::KeysBehind;
using testing::LogDouble;

class BundleRotation : public ::testing::Test {
 protected:
  BundleRotation() : next(testing::secret_of("double next log")) {
    log.call("rotation",
             {testing::clear_plan(schema::EventType::genesis, "log",
                                  testing::genesis_message(log.log, log.origin, next.public_key()),
                                  crypto::kExpectExists)});
    for (const char* name : {"window", "both", "after"})
      log.call(name, {testing::clear_plan(schema::EventType::configuration_set, "log",
                                          configuration(), crypto::kExpectExists)});
  }
  static Bytes configuration() {
    return testing::configuration_message("terms.access_months", "30");
  }
  std::string note(std::uint64_t size, const crypto::Signer& key) const {
    return crypto::sign_checkpoint({log.origin, size, log.root_at(size)}, key);
  }
  std::string both(std::uint64_t size) const {
    const std::string second = note(size, next);
    return note(size, log.log_key) + second.substr(second.find("\n\n") + 2);
  }
  // Positions from `from` on, with the notes at 12 and 13 and the newest; the header's key signs
  // the newest.
  std::vector<Frame> frames(std::uint64_t from, const std::vector<std::string>& notes,
                            const crypto::Signer& header) const {
    auto made = log.frames(from, log.size(), {12, 13});
    made[0].content = encode_header(
        {crypto::verifier_key(log.origin, header.public_key()), from, log.size(), log.size()});
    auto note = notes.begin();
    for (std::size_t at = 3; at < made.size(); ++at)
      if (made[at].type == FrameType::checkpoint)
        made[at].content = encode_checkpoint({*note++, {}});
    made[2].content = encode_checkpoint({*note, {}});
    return made;
  }
  std::vector<Frame> honest() const {
    return frames(0, {note(12, log.log_key), both(13), note(14, next)}, next);
  }
  // Of [from, to), with the next key's newest note and one at `at` (0: none), which `note` is.
  std::vector<Frame> part(std::uint64_t from, std::uint64_t to, std::uint64_t at = 0,
                          const std::string& note_there = {},
                          KeysBehind behind = KeysBehind::carried) const {
    auto made =
        log.frames(from, to, at == 0 ? std::vector<std::uint64_t>{} : std::vector{at}, behind);
    made[0].content =
        encode_header({crypto::verifier_key(log.origin, next.public_key()), from, to, log.size()});
    made[2].content = encode_checkpoint({note(log.size(), next), {}});
    for (std::size_t i = 3; i < made.size(); ++i)
      if (made[i].type == FrameType::checkpoint)
        made[i].content = encode_checkpoint({note_there, {}});
    return made;
  }
  Result<BundleReport> check(const std::vector<Frame>& frames, const crypto::Signer& given) {
    BundleTrust trust;
    trust.anchors.time_stamp_ca = time_stamp_ca;
    trust.log_key = crypto::VerifierKey{log.origin, given.public_key()};
    std::istringstream from(assemble(frames));
    return check_bundle(from, trust);
  }

  LogDouble log;
  crypto::Signer next;
  std::string time_stamp_ca;
};

TEST_F(BundleRotation, IsFollowedFromEitherKey) {
  ASSERT_EQ(log.size(), 14u);
  const auto by_new = check(honest(), next);
  ASSERT_TRUE(by_new) << by_new.error().detail;
  EXPECT_FALSE(by_new.value().is_log_key_followed);
  EXPECT_EQ(by_new.value().eras, 2u);
  const auto by_old = check(honest(), log.log_key);
  ASSERT_TRUE(by_old) << by_old.error().detail;
  EXPECT_TRUE(by_old.value().is_log_key_followed);
  EXPECT_EQ(by_old.value().log_key, crypto::verifier_key(log.origin, next.public_key()));
}

TEST_F(BundleRotation, IsNotFollowedFromAKeyThatDidNotSignIt) {
  const crypto::Signer stranger(testing::secret_of("stranger"));
  EXPECT_EQ(check(honest(), stranger).error().code, Errc::bad_signature);
  // No checkpoint by the old key holds the event that names the new one.
  const auto unlinked = frames(0, {note(12, next), note(13, next), note(14, next)}, next);
  EXPECT_TRUE(check(unlinked, next));
  EXPECT_EQ(check(unlinked, log.log_key).error().code, Errc::bad_signature);
}

TEST_F(BundleRotation, EndsTheOldKeysRightWithTheFirstCheckpointByTheNew) {
  const auto late = frames(0, {note(12, next), note(13, log.log_key), note(14, next)}, next);
  EXPECT_EQ(check(late, next).error().code, Errc::bad_signature);
  const auto newest =
      frames(0, {note(12, next), note(13, next), note(14, log.log_key)}, log.log_key);
  EXPECT_FALSE(check(newest, log.log_key));
}

TEST_F(BundleRotation, BrokenOffBetweenEventAndCheckpointIsStillTheOldKeysLog) {
  const auto broken_off =
      frames(0, {note(12, log.log_key), note(13, log.log_key), note(14, log.log_key)}, log.log_key);
  const auto report = check(broken_off, log.log_key);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_FALSE(report.value().is_log_key_followed);
}

TEST_F(BundleRotation, TakesATimeStampOfEitherKeysLineOrOfBoth) {
  const auto dir =
      std::filesystem::path(::testing::TempDir()) / ("bundle_rotation_" + std::to_string(getpid()));
  TestAuthority authority(dir);
  time_stamp_ca = authority.ca_file();
  const auto stamped = [&](const std::string& what) {
    const auto query = make_time_stamp_query(crypto::sha256(as_bytes(what))).value();
    auto made = honest();
    for (Frame& frame : made)
      if (frame.type == FrameType::checkpoint &&
          decode_checkpoint(frame.content).value().note == both(13))
        frame.content = encode_checkpoint({both(13), {authority.answer(query)}});
    return check(made, next);
  };
  for (const std::string& what : {note(13, log.log_key), note(13, next), both(13)}) {
    const auto report = stamped(what);
    ASSERT_TRUE(report) << report.error().detail;
    const AnchorFacts& facts = report.value().checkpoints.at(1).anchors;
    EXPECT_EQ(facts.time_stamps.size(), 1u);
    EXPECT_EQ(facts.unknown_signatures, 0u);
  }
  EXPECT_EQ(stamped(note(12, log.log_key)).error().code, Errc::corrupt);
}

TEST_F(BundleRotation, IsKnownToARangeThatBeginsBehindIt) {
  auto made = log.frames(12, 14, {13});
  made[0].content =
      encode_header({crypto::verifier_key(log.origin, next.public_key()), 12, 14, 14});
  made[2].content = encode_checkpoint({note(14, next), {}});
  for (std::size_t at = 3; at < made.size(); ++at)
    if (made[at].type == FrameType::checkpoint)
      made[at].content = encode_checkpoint({both(13), {}});
  const auto report = check(made, next);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report.value().eras, 2u);
}

TEST_F(BundleRotation, IsKnownToARangeThatEndsBeforeIt) {
  const auto report = check(part(0, 5), next);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report.value().eras, 2u);
  EXPECT_EQ(report.value().later, 2u);  // a revocation and the genesis that names the next key
  EXPECT_EQ(report.value().earlier, 0u);
  EXPECT_EQ(report.value().log_key, crypto::verifier_key(log.origin, next.public_key()));
  for (std::uint64_t to = 2; to <= log.size(); ++to)
    for (std::uint64_t from = 0; from < to; ++from) {
      const auto each = check(part(from, to), next);
      ASSERT_TRUE(each) << from << " " << to << " " << each.error().detail;
      EXPECT_EQ(each.value().eras, 2u) << from << " " << to;
    }
}

TEST_F(BundleRotation, SaysWhoSignsACheckpointBehindTheRange) {
  for (const std::uint64_t to : {5u, 10u}) {
    EXPECT_TRUE(check(part(0, to, 13, note(13, next)), next)) << to;
    EXPECT_TRUE(check(part(0, to, 13, note(13, log.log_key)), next)) << to;  // not replaced yet
    const auto before = check(part(0, to, 10, note(10, next)), next);
    ASSERT_FALSE(before) << to;  // its tree names no such key
    EXPECT_EQ(before.error().code, Errc::bad_signature);
  }
  EXPECT_TRUE(check(part(0, 5, 9, note(9, log.log_key)), next));
  EXPECT_TRUE(check(part(0, 5, 5, note(5, log.log_key)), next));
}

// The bundle names the next key in an event behind the tree that the caller's key has signed: who
// holds an old checkpoint of this log could add that event to a history of their own.
TEST_F(BundleRotation, IsNotFollowedFromATreeThatDoesNotHoldTheEventThatNamesTheKey) {
  for (const std::uint64_t at : {5u, 9u, 10u}) {
    const auto refused = check(part(0, 5, at, note(at, log.log_key)), log.log_key);
    ASSERT_FALSE(refused) << at;
    EXPECT_EQ(refused.error().code, Errc::bad_signature);
  }
  const auto followed = check(part(0, 5, 13, both(13)), log.log_key);
  ASSERT_TRUE(followed) << followed.error().detail;
  EXPECT_TRUE(followed.value().is_log_key_followed);
}

TEST_F(BundleRotation, BundlesWithoutTheKeyEventsBehindTheRangeHoldWhereTheyAreNotNeeded) {
  EXPECT_TRUE(check(part(0, 14, 0, {}, KeysBehind::left_out), next));
  EXPECT_TRUE(check(part(0, 11, 0, {}, KeysBehind::left_out), next));
  EXPECT_FALSE(check(part(0, 5, 0, {}, KeysBehind::left_out), next));
}

TEST_F(BundleRotation, RefusesKeyEventsBehindTheRangeThatAreNotProvedOrOutOfOrder) {
  const auto honest_part = part(0, 5, 9, note(9, log.log_key));
  // H, P, C, five E; then what is asked about: the revocation at 8 and the genesis at 10.
  constexpr std::size_t kFirst = 8;
  ASSERT_EQ(honest_part[kFirst].type, FrameType::outside);
  ASSERT_EQ(honest_part[kFirst + 1].type, FrameType::outside);
  ASSERT_EQ(honest_part[kFirst + 2].type, FrameType::nodes);
  const auto at = [](auto& frames, std::size_t index) {
    return frames.begin() + static_cast<std::ptrdiff_t>(index);
  };
  const auto refuses = [&](const char* words, auto change) {
    auto frames = honest_part;
    change(frames);
    const auto report = check(frames, next);
    EXPECT_FALSE(report) << words;
    if (!report) {
      EXPECT_NE(report.error().detail.find(words), std::string::npos) << report.error().detail;
    }
  };
  ASSERT_TRUE(check(honest_part, next));
  refuses("non sta nell'albero", [&](auto& frames) {
    auto outside = decode_outside(frames[kFirst + 1].content).value();
    outside.proof[0][0] ^= 1;
    frames[kFirst + 1].content = encode_outside(outside);
  });
  refuses("non sta nell'albero", [&](auto& frames) {  // of another tree, proved there
    const LogDouble stranger({}, "stranger");
    frames[kFirst] = stranger.frames(0, 5, {}, KeysBehind::carried)[kFirst];
  });
  refuses("non sta nell'albero", [&](auto& frames) {  // a leaf that says another position
    auto outside = decode_outside(frames[kFirst + 1].content).value();
    auto leaf = crypto::decode_leaf(outside.event.leaf).value();
    leaf.position = 11;
    outside.event.leaf = crypto::encode_leaf(leaf);
    frames[kFirst + 1].content = encode_outside(outside);
  });
  refuses("manca il corpo", [&](auto& frames) {
    auto outside = decode_outside(frames[kFirst + 1].content).value();
    outside.event.segments[1].clear();
    frames[kFirst + 1].content = encode_outside(outside);
  });
  refuses("fuori posto", [&](auto& frames) { std::swap(frames[kFirst], frames[kFirst + 1]); });
  refuses("fuori posto",
          [&](auto& frames) { frames.insert(at(frames, kFirst), Frame(frames[kFirst])); });
  refuses("fuori posto", [&](auto& frames) {  // of a position before `to`
    frames.insert(at(frames, kFirst), part(3, 5)[5]);
  });
  refuses("fuori posto", [&](auto& frames) {  // among the events
    std::swap(frames[kFirst - 1], frames[kFirst]);
  });
  refuses("fuori posto", [&](auto& frames) {  // before them
    std::rotate(at(frames, 3), at(frames, kFirst), at(frames, kFirst + 1));
  });
  refuses("fuori posto", [&](auto& frames) {  // behind the nodes that lead on
    std::swap(frames[kFirst + 1], frames[kFirst + 2]);
  });
  refuses("altra chiave", [&](auto& frames) { frames.erase(at(frames, kFirst + 1)); });
}

TEST_F(BundleRotation, RefusesAStoredCheckpointOfTheRangeBehindTheKeyEventsThatFollowIt) {
  auto frames = part(0, 5, 5, note(5, log.log_key));
  ASSERT_EQ(frames[8].type, FrameType::checkpoint);
  ASSERT_TRUE(check(frames, next));
  std::rotate(frames.begin() + 8, frames.begin() + 9, frames.begin() + 11);
  ASSERT_EQ(frames[10].type, FrameType::checkpoint);
  EXPECT_EQ(check(frames, next).error().code, Errc::invalid_input);
}

TEST_F(BundleRotation, RefusesKeyEventsBehindTheRangeThatLeaveOutOneBetween) {
  const auto owner = testing::id_of<OperatorId>("double operator");
  const crypto::Signer second(testing::secret_of("second"));
  log.call("second", {testing::clear_plan(
                         schema::EventType::signer_enrolled, "keys",
                         testing::enrolment_message(second, owner, {"append"},
                                                    testing::possession(log.log, second, owner)),
                         crypto::kExpectExists)});
  auto frames = part(5, 8);
  ASSERT_TRUE(check(frames, next));
  EXPECT_TRUE(check(frames, next).value().are_earlier_keys_closed);
  const auto revocation = std::ranges::find_if(frames, [](const Frame& frame) {
    if (frame.type != FrameType::outside) return false;
    const auto outside = decode_outside(frame.content).value();
    return crypto::decode_leaf(outside.event.leaf).value().position == 8;
  });
  ASSERT_NE(revocation, frames.end());
  frames.erase(revocation);
  const auto refused = check(frames, next);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("nel suo flusso manca"), std::string::npos);
}

}  // namespace
}  // namespace cartella::proofs
