#include "proofs/bundle_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <sstream>

#include "proofs/bundle_listing.h"
#include "schema/body.h"
#include "schema/codec.h"
#include "tests/unit/proofs/log_double.h"

namespace cartella::proofs {
namespace {

using schema::EventType;
using testing::assemble;
using testing::Lies;
using testing::LogDouble;

Result<BundleReport> check(const std::string& file, const BundleTrust& trust) {
  std::istringstream from(file);
  return check_bundle(from, trust);
}

BundleTrust trust_of(const LogDouble& log) {
  BundleTrust trust;
  trust.log_key = crypto::parse_verifier_key(log.log_key_text()).value();
  return trust;
}

// What the checker says of a whole bundle with checkpoints at 5 and 9.
std::string refusal(const std::vector<Frame>& frames, const BundleTrust& trust) {
  const auto report = check(assemble(frames), trust);
  return report ? "accepted" : report.error().detail;
}
std::string refusal_of(const Lies& lies) {
  const LogDouble log(lies);
  return refusal(log.frames(0, log.size(), {5, 9}), trust_of(log));
}
// A lie about the leaf of one position, its signature made anew by `signer` where it needs one.
Lies leaf_lie(std::uint64_t position, std::function<void(crypto::StoredEvent&)> change) {
  return {{}, [=](crypto::StoredEvent& event) {
            if (event.leaf.position == position) change(event);
          }};
}
Lies body_lie(std::uint64_t position, std::function<void(crypto::EventPlan&)> change) {
  return {[=](std::uint64_t at, crypto::EventPlan& plan) {
            if (at == position) change(plan);
          },
          {}};
}

#define EXPECT_SAYS(text, words) EXPECT_NE((text).find(words), std::string::npos) << (text)

TEST(BundleCheck, ProvesAWholeLogAndSaysByWhom) {
  const LogDouble log;
  const auto report = check(assemble(log.frames(0, 10, {5, 9})), trust_of(log));
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report.value().root, log.root_at(10));
  EXPECT_EQ(report.value().size, 10u);
  EXPECT_TRUE(report.value().is_log_key_given);
  EXPECT_EQ(report.value().signatures, 9u);
  EXPECT_EQ(report.value().kinds[1], 1u);
  EXPECT_EQ(report.value().calls, 8u);
  EXPECT_EQ(report.value().open_streams, 0u);
  EXPECT_EQ(report.value().checkpoints.size(), 3u);
  EXPECT_EQ(report.value().origin, log.origin);
  const auto& signers = report.value().signers;
  const auto author = std::ranges::find(signers, log.author.id().hex(), &CheckedSigner::id);
  ASSERT_NE(author, signers.end());
  EXPECT_EQ(author->signatures, 3u);
  EXPECT_EQ(author->revoked_from, 8u);
}

TEST(BundleCheck, ProvesEachRangeAndSaysWhatItLeavesOpen) {
  const LogDouble log;
  for (std::uint64_t from = 0; from < log.size(); ++from)
    for (std::uint64_t to = std::max<std::uint64_t>(from + 1, 2); to <= log.size(); ++to)
      for (const auto& checkpoints : {std::vector<std::uint64_t>{}, {5, 9}}) {
        const auto report = check(assemble(log.frames(from, to, checkpoints)), trust_of(log));
        ASSERT_TRUE(report) << from << " " << to << " " << report.error().detail;
        EXPECT_EQ(report.value().root, log.root_at(10));
        // Only a key event that goes on from an earlier one, at 2 or 8, closes what stands before.
        EXPECT_EQ(report.value().are_earlier_keys_closed,
                  from == 0 || (from == 2 && to > 2) || (from > 2 && from <= 8 && to > 8))
            << from << " " << to;
      }
}

TEST(BundleCheck, TakesTheKeyFromTheBundleOnlyWhereNoneIsGivenAndSaysSo) {
  const LogDouble log;
  const LogDouble other({}, "another");
  const std::string file = assemble(other.frames(0, 10, {}));
  EXPECT_SAYS(refusal(other.frames(0, 10, {}), trust_of(log)), "altra chiave");
  const auto report = check(file, {});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report.value().is_log_key_given);
}

TEST(BundleCheck, F24_RefusesAnEventThatStandsTwiceOrInAnotherStream) {
  const LogDouble honest;
  EXPECT_SAYS(refusal_of(leaf_lie(9,
                                  [&](crypto::StoredEvent& event) {
                                    event.leaf.event_id = honest.events[6].leaf.event_id;
                                    honest.sign(event, honest.server, crypto::kServerSigned);
                                  })),
              "compare due volte");
  EXPECT_SAYS(refusal_of(leaf_lie(7,
                                  [](crypto::StoredEvent& event) {
                                    event.leaf.stream_id = testing::id_of<StreamId>("another case");
                                    event.leaf.revision = 0;
                                    event.leaf.previous_leaf_hash = {};
                                  })),
              "revisione non è quella attesa");
  EXPECT_SAYS(refusal_of(leaf_lie(5,
                                  [&](crypto::StoredEvent& event) {
                                    event = honest.events[3];
                                    event.leaf.position = 5;
                                  })),
              "posizione 5");
}

TEST(BundleCheck, F20_RefusesEachLieAboutALeaf) {
  EXPECT_SAYS(refusal_of(leaf_lie(6, [](auto& event) { event.leaf.recorded_at.us -= 9'000'000; })),
              "registrato prima");
  EXPECT_SAYS(refusal_of(leaf_lie(7, [](auto& event) { event.leaf.revision = 2; })), "revisione");
  // The greatest number that a leaf can expect: one more is not a number of its kind.
  EXPECT_SAYS(refusal_of(leaf_lie(7,
                                  [](auto& event) {
                                    event.leaf.expected_revision =
                                        std::numeric_limits<std::int64_t>::max();
                                  })),
              "revisione non è quella attesa");
  EXPECT_SAYS(refusal_of(leaf_lie(5, [](auto& event) { event.leaf.revision = 1; })),
              "mancano gli eventi precedenti");
  EXPECT_SAYS(refusal_of(leaf_lie(7, [](auto& event) { event.leaf.previous_leaf_hash[0] ^= 1; })),
              "non è quello che la foglia dice");
  EXPECT_SAYS(refusal_of(leaf_lie(5, [](auto& event) { event.leaf.previous_leaf_hash[0] ^= 1; })),
              "ne nomina uno precedente");
  EXPECT_SAYS(refusal_of(leaf_lie(7, [](auto& event) { event.leaf.signature[3] ^= 1; })),
              "la firma non è valida");
  EXPECT_SAYS(refusal_of(leaf_lie(7, [](auto& event) { event.leaf.body_commitment[3] ^= 1; })),
              "impegni");
  EXPECT_SAYS(refusal_of(leaf_lie(7, [](auto& event) { event.leaf.stored_hash[3] ^= 1; })),
              "impronte");
  EXPECT_SAYS(refusal_of(leaf_lie(7, [](auto& event) { event.leaf.position = 8; })),
              "foglia della posizione 8");
  EXPECT_SAYS(refusal_of(leaf_lie(4, [](auto& event) { event.leaf.recorded_at.us += 1; })),
              "ore diverse");
}

TEST(BundleCheck, F23_RefusesSignersThatAreUnknownRevokedOrWithoutTheRight) {
  const LogDouble honest;
  const auto signed_by = [&](std::uint64_t position, const crypto::Signer& signer,
                             std::uint16_t flags) {
    return refusal_of(leaf_lie(
        position, [&, flags](crypto::StoredEvent& event) { honest.sign(event, signer, flags); }));
  };
  const crypto::Signer stranger(testing::secret_of("stranger"));
  EXPECT_SAYS(signed_by(7, stranger, crypto::kAuthorSigned), "non era iscritta");
  EXPECT_SAYS(signed_by(9, honest.author, crypto::kAuthorSigned), "revocata");
  EXPECT_SAYS(signed_by(7, honest.author, crypto::kServerSigned), "diritto");
  EXPECT_SAYS(signed_by(7, honest.server, crypto::kAuthorSigned), "diritto");
  EXPECT_SAYS(signed_by(0, honest.author, crypto::kServerSigned), "non era iscritta");
  const auto enrols = [&](std::vector<std::string> rights, const crypto::Signature& proof,
                          const crypto::Signer& signer) {
    return refusal_of(body_lie(2, [&](crypto::EventPlan& plan) {
      plan.segments[1].plaintext.message = testing::enrolment_message(
          signer, testing::id_of<OperatorId>("double operator"), rights, proof);
    }));
  };
  const auto owner = testing::id_of<OperatorId>("double operator");
  EXPECT_SAYS(enrols({"append"}, testing::possession(honest.log, stranger, owner), honest.author),
              "senza prova");
  EXPECT_SAYS(
      enrols({"server"}, testing::possession(honest.log, honest.server, owner), honest.server),
      "iscritta due volte");
  EXPECT_SAYS(enrols({}, testing::possession(honest.log, honest.author, owner), honest.author),
              "diritto");
}

TEST(BundleCheck, RefusesAGenesisOfAnotherKeyOrNone) {
  const crypto::Signer stranger(testing::secret_of("stranger"));
  const LogDouble honest;
  const auto begins = [&](const std::string& origin, const crypto::PublicKey& key) {
    return refusal_of(body_lie(0, [&](crypto::EventPlan& plan) {
      plan.segments[1].plaintext.message = testing::genesis_message(honest.log, origin, key);
    }));
  };
  // Checkpoints within the range are already of another log then.
  EXPECT_SAYS(begins(honest.origin, stranger.public_key()), "non è firmato dal registro");
  const LogDouble renamed(body_lie(0, [&](crypto::EventPlan& plan) {
    plan.segments[1].plaintext.message =
        testing::genesis_message(honest.log, "cartella/altro/1", honest.log_key.public_key());
  }));
  EXPECT_SAYS(refusal(renamed.frames(0, 10, {}), trust_of(renamed)), "altra origine");
  EXPECT_SAYS(refusal_of(body_lie(0, [](crypto::EventPlan& plan) { plan.segments.resize(1); })),
              "atto di nascita");
}

TEST(BundleCheck, RefusesAGenesisOfAnotherFormat) {
  const LogDouble honest;
  EXPECT_SAYS(
      refusal_of(body_lie(0,
                          [&](crypto::EventPlan& plan) {
                            plan.segments[1].plaintext.message =
                                schema::encode_body<schema::Genesis>([&](auto to) {
                                  to.setLogId(schema::data_of(honest.log.bytes));
                                  to.setOrigin(schema::text_from(honest.origin));
                                  to.setLogKey(schema::data_of(honest.log_key.public_key()));
                                  to.setFormat("CRT2");
                                });
                          })),
      "altro formato");
}

TEST(BundleCheck, RefusesABodyThatIsNotOfTheTypeThatItsHeaderSays) {
  EXPECT_SAYS(refusal_of(body_lie(6,
                                  [](crypto::EventPlan& plan) {
                                    const auto* other =
                                        schema::find_type(schema::EventType::retention_rule_set);
                                    plan.segments[1].plaintext.schema_id = other->schema_id;
                                  })),
              "non è del tipo che l'intestazione dice");
}

TEST(BundleCheck, RefusesACallWhoseEventsAreNotThoseThatItsBatchNames) {
  const auto batch_of = [](const std::string& name) {
    return [=](crypto::EventPlan& plan) {
      Bytes& message = plan.segments[0].plaintext.message;
      schema::HeaderView header = schema::decode_header(message).value();
      header.batch_id = testing::id_of<BatchId>(name);
      message = schema::encode_header(header);
    };
  };
  const auto both = [&](std::uint64_t at, crypto::EventPlan& plan) {
    if (at < 2) batch_of("other")(plan);
  };
  EXPECT_SAYS(refusal_of({both, {}}), "posizione 0: manca una parte");
  EXPECT_SAYS(refusal_of(body_lie(1, batch_of("other"))), "lotti diversi");
  // One event that says it was signed with others.
  const LogDouble alone(body_lie(6, batch_of("more")));
  EXPECT_SAYS(refusal(alone.frames(0, 10, {}), trust_of(alone)), "posizione 6: manca una parte");
  // Its call may have begun before the range.
  EXPECT_EQ(refusal(alone.frames(6, 10, {}), trust_of(alone)), "accepted");
}

TEST(BundleCheck, RefusesClearBodiesThatAreChangedOrLeftOutWhereSignersDependOnThem) {
  const LogDouble log;
  auto frames = log.frames(0, 10, {});
  const auto event_at = [&](std::size_t position) { return 3 + position; };
  auto event = decode_event(frames[event_at(8)].content).value();
  event.segments[1].clear();
  frames[event_at(8)].content = encode_event(event);
  EXPECT_SAYS(refusal(frames, trust_of(log)), "manca il corpo di un evento sulle chiavi");
  frames = log.frames(0, 10, {});
  event = decode_event(frames[event_at(6)].content).value();
  event.segments[1][80] ^= 1;
  frames[event_at(6)].content = encode_event(event);
  EXPECT_SAYS(refusal(frames, trust_of(log)), "impronta");
  event = decode_event(frames[event_at(6)].content).value();
  event.segments[1].clear();
  frames[event_at(6)].content = encode_event(event);
  const auto report = check(assemble(frames), trust_of(log));
  ASSERT_TRUE(report);
  EXPECT_EQ(report.value().hidden_bodies, 1u);
}

TEST(BundleCheck, RefusesACheckpointWithinACall) {
  const LogDouble log;
  EXPECT_SAYS(refusal(log.frames(0, 10, {4}), trust_of(log)), "taglia in due");
}

TEST(BundleCheck, RefusesACheckpointThatNothingOfTheRangeStandsUnder) {
  const LogDouble log;
  auto frames = log.frames(5, 8, {9});
  const auto nodes = std::ranges::find(frames, FrameType::nodes, &Frame::type);
  ASSERT_NE(nodes, frames.end());
  frames.insert(nodes + 1, {FrameType::checkpoint, encode_checkpoint({log.checkpoint(5), {}})});
  EXPECT_SAYS(refusal(frames, trust_of(log)), "fuori posto");
}

TEST(BundleCheck, F22_RefusesAForkEvenWhereEachHalfIsSigned) {
  const LogDouble log;
  const LogDouble fork(leaf_lie(9, [](auto& event) { event.leaf.recorded_at.us += 1; }));
  const LogDouble early(leaf_lie(5, [](auto& event) { event.leaf.recorded_at.us += 1; }));
  auto frames = log.frames(0, 10, {5, 9});
  const auto newest_of = [](const LogDouble& of) { return of.frames(0, 10, {})[2]; };
  frames[2] = newest_of(fork);
  EXPECT_SAYS(refusal(frames, trust_of(log)), "non danno la radice");
  frames = early.frames(0, 10, {9});
  const auto at =
      std::ranges::find(frames.begin() + 3, frames.end(), FrameType::checkpoint, &Frame::type);
  at->content = encode_checkpoint({log.checkpoint(9), {}});
  EXPECT_SAYS(refusal(frames, trust_of(log)), "non è di questo albero");
  // A forged head of the same history by the same key proves nothing of the other one.
  const auto proof = crypto::consistency_proof(9, 10, log.leaves.reader()).value();
  EXPECT_TRUE(crypto::verify_consistency(9, 10, log.root_at(9), log.root_at(10), proof));
  EXPECT_FALSE(crypto::verify_consistency(9, 10, early.root_at(9), log.root_at(10), proof));
  EXPECT_FALSE(crypto::verify_consistency(9, 10, log.root_at(9), early.root_at(10), proof));
}

TEST(BundleCheck, F21_RefusesAStaleHeadARewrittenTailAndAnotherOrigin) {
  const LogDouble log;
  auto frames = log.frames(0, 10, {});
  frames[2].content = encode_checkpoint({log.checkpoint(9), {}});
  EXPECT_SAYS(refusal(frames, trust_of(log)), "altra dimensione");
  const LogDouble tail(leaf_lie(9, [](auto& event) { event.leaf.recorded_at.us += 1; }));
  frames = log.frames(0, 10, {});
  frames.back() = tail.frames(0, 10, {}).back();
  EXPECT_SAYS(refusal(frames, trust_of(log)), "non danno la radice");
  frames = log.frames(0, 10, {});
  const std::string note =
      crypto::sign_checkpoint({"cartella/altro/1", 10, log.root_at(10)}, log.log_key);
  frames[2].content = encode_checkpoint({note, {}});
  EXPECT_SAYS(refusal(frames, trust_of(log)), "non è firmato dal registro");
}

TEST(BundleCheck, RefusesEventsBeforeTheRangeThatAreNotInTheTreeOrLeftOut) {
  const LogDouble log;
  const auto frames = log.frames(5, 10, {});
  auto changed = frames;
  auto earlier = decode_outside(changed[4].content).value();
  earlier.proof[0][0] ^= 1;
  changed[4].content = encode_outside(earlier);
  EXPECT_SAYS(refusal(changed, trust_of(log)), "non sta nell'albero");
  changed = frames;
  changed.erase(changed.begin() + 5);  // the enrolment of the author
  EXPECT_SAYS(refusal(changed, trust_of(log)), "non era iscritta");
  changed = frames;
  changed.erase(changed.begin() + 3);  // the genesis
  EXPECT_SAYS(refusal(changed, trust_of(log)), "atto di nascita");
  changed = log.frames(9, 10, {});
  changed.erase(changed.begin() + 6);  // the revocation: nothing in the range depends on it
  EXPECT_TRUE(check(assemble(changed), trust_of(log)));
}

TEST(BundleCheck, RefusesOtherFilesVersionsAndEveryTruncation) {
  const LogDouble log;
  const std::string file = assemble(log.frames(0, 10, {5}));
  EXPECT_EQ(check("", {}).error().code, Errc::invalid_input);
  EXPECT_EQ(check(std::string(1000, 'x'), {}).error().code, Errc::invalid_input);
  std::string other = file;
  other[7] = 2;
  EXPECT_EQ(check(other, {}).error().code, Errc::unsupported);
  for (std::size_t length = 0; length < file.size(); length += 7)
    EXPECT_FALSE(check(file.substr(0, length), {})) << length;
  EXPECT_EQ(check(file + "x", {}).error().code, Errc::invalid_input);
}

TEST(BundleCheck, RefusesMoreThanItsLimitsAndSaysWhich) {
  const LogDouble log;
  const std::string file = assemble(log.frames(5, 8, {9}, testing::KeysBehind::carried));
  const auto said = [&](const BundleLimits& limits) {
    std::istringstream from(file);
    const auto report = check_bundle(from, trust_of(log), limits);
    EXPECT_TRUE(report || report.error().code == Errc::invalid_input);
    return report ? "accepted" : report.error().detail;
  };
  const auto report = check(file, trust_of(log)).value();
  ASSERT_GT(report.later, 0u);
  BundleLimits limits;
  limits.outside = report.earlier + report.later;
  limits.keys = report.signers.size() - (report.signers[0].owner.empty() ? 1 : 0);
  limits.eras = 1;
  EXPECT_EQ(said(limits), "accepted");
  --limits.outside;
  EXPECT_SAYS(said(limits), "fuori dal suo tratto");
  ++limits.outside;
  --limits.keys;
  EXPECT_SAYS(said(limits), "chiavi iscritte");
  ++limits.keys;
  --limits.eras;
  EXPECT_SAYS(said(limits), "atti di nascita");
}

TEST(BundleCheck, RefusesAnOriginThatIsNoNameButALoad) {
  const LogDouble honest;
  EXPECT_SAYS(refusal_of(body_lie(0,
                                  [&](crypto::EventPlan& plan) {
                                    plan.segments[1].plaintext.message = testing::genesis_message(
                                        honest.log, std::string(kOriginBytesMax + 1, 'x'),
                                        honest.log_key.public_key());
                                  })),
              "non nomina un registro");
}

class BundleListings : public ::testing::Test {
 protected:
  static CheckedCheckpoint checkpoint(std::uint64_t size, bool is_anchored) {
    CheckedCheckpoint made;
    made.size = size;
    if (is_anchored) made.anchors.time_stamps.push_back({1, "authority"});
    return made;
  }
  // Of sizes 1 to 100, each tenth anchored, and 101, the newest.
  std::vector<std::uint64_t> sizes_in(std::size_t bytes_max) {
    BundleListing listing(bytes_max);
    report = {};
    for (std::uint64_t size = 1; size <= 101; ++size)
      listing.add(checkpoint(size, size % 10 == 0), report);
    std::vector<std::uint64_t> sizes;
    for (const auto& each : listing.take()) sizes.push_back(each.size);
    return sizes;
  }
  BundleReport report;
};

TEST_F(BundleListings, HoldAllThatThereIsRoomForThenWhatOthersSaidThenTheNewestOfIt) {
  EXPECT_EQ(sizes_in(1 << 20).size(), 101u);
  EXPECT_EQ(sizes_in(40 * sizeof(CheckedCheckpoint)),
            (std::vector<std::uint64_t>{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 101}));
  EXPECT_EQ(sizes_in(4 * sizeof(CheckedCheckpoint)), (std::vector<std::uint64_t>{90, 100, 101}));
  EXPECT_EQ(sizes_in(0), (std::vector<std::uint64_t>{101}));
  // What is not listed counts.
  EXPECT_EQ(report.checkpoint_count, 101u);
  EXPECT_EQ(report.stamped_to, 100u);
}

TEST(BundleCheck, ProvesADisclosedSegmentAndRefusesAnyOtherText) {
  const LogDouble log;
  const std::string file = assemble(log.frames(0, 10, {}));
  BundleTrust trust = trust_of(log);
  DisclosedSegment segment;
  segment.position = 6;
  segment.index = 1;
  const auto clear = crypto::open_clear_segment(log.events[6].body.segments[1]).value();
  segment.plaintext = clear.plaintext;
  trust.segment = decode_segment(encode_segment(segment)).value();
  const auto report = check(file, trust);
  ASSERT_TRUE(report) << report.error().detail;
  ASSERT_TRUE(report.value().segment);
  EXPECT_EQ(report.value().segment->schema, "ConfigurationSet");
  EXPECT_SAYS(report.value().segment->content, "terms.access_months");
  const auto refuses = [&](auto change) {
    DisclosedSegment other = segment;
    change(other);
    trust.segment = other;
    const auto checked = check(file, trust);
    return !checked && checked.error().code == Errc::corrupt;
  };
  EXPECT_TRUE(refuses([](auto& other) { other.plaintext.message[20] ^= 1; }));
  EXPECT_TRUE(refuses([](auto& other) { other.salt[0] = 1; }));
  EXPECT_TRUE(refuses([](auto& other) { other.index = 0; }));
  EXPECT_TRUE(refuses([](auto& other) { other.index = 2; }));
  EXPECT_TRUE(refuses([](auto& other) { other.position = 7; }));
  EXPECT_TRUE(refuses([](auto& other) { other.plaintext.revision += 1; }));
  EXPECT_TRUE(refuses([](auto& other) { other.key_class = schema::KeyClass::health; }));
  EXPECT_TRUE(refuses([](auto& other) { other.owner_key = testing::id_of<KeyId>("x"); }));
  trust.segment->position = 11;
  EXPECT_EQ(check(file, trust).error().code, Errc::not_found);
}

}  // namespace
}  // namespace cartella::proofs
