// B-08: mutants of valid bundles. None may be accepted that says what its original does not say.
//
// A mutant means the same as its original where every statement of its report is one of the
// original's: same log and key, each checkpoint (size, root, origin) among the original's with at
// most its witnesses, a range within the original's, no more signatures. Roots stand for leaves, so
// that a changed leaf is a new statement; a bundle with a checkpoint or a cosignature less is not.
// CARTELLA_MUTANTS=1000000 is the long form; CARTELLA_SEED repeats one share of a run.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "crypto/cosignature.h"
#include "proofs/bundle_check.h"
#include "tests/unit/proofs/log_double.h"

namespace cartella::proofs {
namespace {

using testing::assemble;
using testing::KeysBehind;
using testing::Lies;
using testing::LogDouble;

constexpr std::uint64_t kMutants = 100'000;
constexpr int kShares = 4;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Original {
  std::vector<Frame> frames;
  std::string file;
  BundleReport report;  // the most that a bundle of that range says
};

bool says_nothing_new(const BundleReport& mutant, const BundleReport& original) {
  const auto is_known = [&](const CheckedCheckpoint& given) {
    return std::ranges::any_of(original.checkpoints, [&](const CheckedCheckpoint& known) {
      const auto& witnesses = known.anchors.witnesses;
      return known.size == given.size && known.root == given.root && known.origin == given.origin &&
             std::ranges::all_of(given.anchors.witnesses, [&](const WitnessFact& witness) {
               return std::ranges::find(witnesses, witness) != witnesses.end();
             });
    });
  };
  return mutant.log_key == original.log_key && mutant.origin == original.origin &&
         mutant.log_id == original.log_id && mutant.from >= original.from &&
         mutant.to <= original.to && mutant.signatures <= original.signatures &&
         mutant.are_earlier_keys_closed <= original.are_earlier_keys_closed &&
         std::ranges::all_of(mutant.checkpoints, is_known);
}

class Mutants : public ::testing::Test {
 protected:
  Mutants() : seed(number_from("CARTELLA_SEED", std::random_device{}())), random(seed) {
    std::cout << "seed " << seed << "\n";
    trust.log_key = crypto::parse_verifier_key(log.log_key_text()).value();
    trust.anchors.policy = parse_witness_policy(log.policy()).value();
    add_original(0, 10, {5, 9}, KeysBehind::carried);
    add_original(5, 8, {9}, KeysBehind::carried);
    add_original(1, 5, {9}, KeysBehind::carried);
    add_original(5, 8, {9}, KeysBehind::left_out);
    for (const LogDouble* of : {&log, &stranger})
      for (auto frames : {of->frames(0, 10, {9}), of->frames(2, 9, {5}), of->frames(9, 10, {}),
                          of->frames(0, 2, {}, KeysBehind::carried)})
        strange.insert(strange.end(), frames.begin(), frames.end());
  }

  // What a bundle leaves out may be put back: the key events behind its range, and every checkpoint
  // that the log may have signed, one after each call. So its report is that of the fullest bundle.
  void add_original(std::uint64_t from, std::uint64_t to,
                    const std::vector<std::uint64_t>& checkpoints, KeysBehind behind) {
    auto frames = log.frames(from, to, checkpoints, behind);
    std::vector<std::uint64_t> every;
    std::ranges::copy_if(log.ends, std::back_inserter(every),
                         [&](std::uint64_t size) { return size > from && size < log.size(); });
    BundleReport fullest = report_of(log.frames(from, to, every, KeysBehind::carried));
    EXPECT_EQ(fullest.checkpoints.size(), every.size() + 1);
    EXPECT_TRUE(says_nothing_new(report_of(frames), fullest));
    std::string file = assemble(frames);
    originals.push_back({std::move(frames), std::move(file), std::move(fullest)});
  }
  BundleReport report_of(const std::vector<Frame>& frames) {
    std::istringstream from(assemble(frames));
    auto report = check_bundle(from, trust);
    EXPECT_TRUE(report) << report.error().detail;
    return std::move(report.value());
  }
  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
  }
  std::size_t frame_of(const std::vector<Frame>& frames) { return below(frames.size()); }

  void flip(Bytes& bytes) {
    if (!bytes.empty()) bytes[below(bytes.size())] ^= static_cast<std::uint8_t>(1u << below(8));
  }

  // Whole frames: drop, double, swap, move, exchange with another bundle, cut off.
  void change_order(std::vector<Frame>& frames) {
    const std::size_t one = frame_of(frames);
    const std::size_t other = frame_of(frames);
    switch (below(7)) {
      case 0: frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(one)); break;
      case 1:
        frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(other), Frame(frames[one]));
        break;
      case 2: std::swap(frames[one], frames[other]); break;
      case 3: std::swap(frames[one].content, frames[other].content); break;
      case 4: frames[one] = strange[below(strange.size())]; break;
      case 5:
        frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(one),
                      strange[below(strange.size())]);
        break;
      default: frames.resize(one); break;
    }
  }

  // The leaf of an event frame: a field changed, signed anew by somebody, its links as they were.
  void change_leaf(std::vector<Frame>& frames) {
    Frame& frame = frames[frame_of(frames)];
    const auto decoded = decode_event(frame.content);
    if (!decoded || !crypto::decode_leaf(decoded.value().leaf)) return flip(frame.content);
    BundleEvent event = decoded.value();
    crypto::Leaf leaf = crypto::decode_leaf(event.leaf).value();
    const auto& other = log.events[below(log.events.size())].leaf;
    switch (below(10)) {
      case 0: leaf.position = below(12); break;
      case 1: leaf.event_id = other.event_id; break;
      case 2: leaf.stream_id = other.stream_id; break;
      case 3: leaf.revision = below(4); break;
      case 4: leaf.recorded_at.us += static_cast<std::int64_t>(below(4)) - 2; break;
      case 5: leaf.previous_leaf_hash = other.previous_leaf_hash; break;
      case 6: leaf.expected_revision = static_cast<std::int64_t>(below(4)) - 1; break;
      case 7: leaf.body_commitment = other.body_commitment; break;
      case 8: leaf.signer_id = other.signer_id; break;
      default: leaf.signature = other.signature; break;
    }
    crypto::StoredEvent stored{leaf, {}};
    if (leaf.kind != schema::LeafKind::access && below(2) == 0) {
      const crypto::Signer* signers[] = {&log.server, &log.author, &stranger.server,
                                         &stranger.author};
      log.sign(stored, *signers[below(4)], static_cast<std::uint16_t>(1 + below(2)));
    }
    event.leaf = crypto::encode_leaf(stored.leaf);
    frame.content = encode_event(event);
  }

  // The tree goes along with the change, and somebody signs it with a key of their own.
  const std::vector<Frame>& rewritten() {
    const std::uint64_t position = below(10);
    const std::size_t what = below(6);
    auto& made = rewrites[{position, what}];
    if (made.empty()) made = rewrite(position, what, below(10));
    return made;
  }
  std::vector<Frame> rewrite(std::uint64_t position, std::size_t what, std::uint64_t other) {
    const LogDouble lying(Lies{{},
                               [&](crypto::StoredEvent& event) {
                                 if (event.leaf.position != position) return;
                                 switch (what) {
                                   case 0: event.leaf.recorded_at.us += 1; break;
                                   case 1: event.leaf.event_id.bytes[other] ^= 1; break;
                                   case 2: event.leaf.stored_hash[other] ^= 1; break;
                                   case 3: event.leaf.signature[other] ^= 1; break;
                                   case 4: event.leaf.previous_leaf_hash[other] ^= 1; break;
                                   default: event.leaf.revision += 1; break;
                                 }
                               }},
                          "stranger");
    auto frames = lying.frames(0, 10, {5, 9});
    // Its witness is nobody's: the real one would not cosign a second history.
    for (Frame& frame : frames) {
      if (frame.type != FrameType::checkpoint) continue;
      auto checkpoint = decode_checkpoint(frame.content).value();
      const std::size_t lines = checkpoint.note.find("\n\n") + 2;
      checkpoint.note.resize(checkpoint.note.find('\n', lines) + 1);
      frame.content = encode_checkpoint(checkpoint);
    }
    return frames;
  }

  void change_note(std::vector<Frame>& frames) {
    Frame& frame = frames[frame_of(frames)];
    if (frame.type != FrameType::checkpoint) return flip(frame.content);
    auto checkpoint = decode_checkpoint(frame.content).value();
    std::string& note = checkpoint.note;
    const std::string others[] = {log.checkpoint(1 + below(10)), stranger.checkpoint(10)};
    switch (below(5)) {
      case 0: note = others[0]; break;
      case 1: note = others[1]; break;
      case 2: note.resize(below(note.size())); break;
      case 3: note += others[below(2)].substr(others[0].find("\n\n") + 2); break;
      default: note[below(note.size())] ^= static_cast<char>(1u << below(7)); break;
    }
    frame.content = encode_checkpoint(checkpoint);
  }

  void change_numbers(std::vector<Frame>& frames) {
    Frame& frame = frames[frame_of(frames)];
    if (frame.content.size() < 8) return;
    const std::size_t at =
        below(3) == 0 ? below(frame.content.size() - 7) : frame.content.size() - 8 * (1 + below(3));
    if (at + 8 > frame.content.size()) return;
    store_be64(frame.content.data() + at, below(12));
  }

  void change_hashes(std::vector<Frame>& frames) {
    Frame& frame = frames[frame_of(frames)];
    if (frame.type == FrameType::nodes) {
      auto nodes = decode_nodes(frame.content).value();
      if (below(2) == 0)
        nodes.to = below(12);
      else
        nodes.hashes[below(nodes.hashes.size())] = log.hashes[below(10)];
      frame.content = encode_nodes(nodes);
    } else if (frame.type == FrameType::outside) {
      auto earlier = decode_outside(frame.content).value();
      if (below(2) == 0)
        earlier.proof.pop_back();
      else
        std::swap(earlier.proof.front(), earlier.proof.back());
      frame.content = encode_outside(earlier);
    } else {
      flip(frame.content);
    }
  }

  std::string mutant(const Original& original) {
    const std::size_t kind = below(10);
    if (kind == 0) {  // bytes of the file, whatever its checksum says
      std::string file = original.file;
      const std::size_t at = below(file.size());
      switch (below(4)) {
        case 0: file[at] ^= static_cast<char>(1u << below(7)); break;
        case 1: file.resize(at); break;
        case 2: file.erase(at, 1 + below(64)); break;
        default: file.insert(at, file.substr(below(file.size()), 1 + below(64))); break;
      }
      return file;
    }
    if (kind == 1 && below(4) == 0) return assemble(rewritten());
    std::vector<Frame> frames = original.frames;
    switch (kind) {
      case 2: change_order(frames); break;
      case 3:
      case 4: change_leaf(frames); break;
      case 5: change_note(frames); break;
      case 6: change_numbers(frames); break;
      case 7: change_hashes(frames); break;
      case 8:
        change_order(frames);
        if (!frames.empty()) change_leaf(frames);
        break;
      default: flip(frames[frame_of(frames)].content); break;
    }
    return assemble(frames);
  }

  std::uint64_t seed;
  std::mt19937_64 random;
  const LogDouble log;
  const LogDouble stranger{{}, "stranger"};
  BundleTrust trust;
  std::vector<Original> originals;
  std::vector<Frame> strange;  // frames of other bundles
  std::map<std::pair<std::uint64_t, std::size_t>, std::vector<Frame>> rewrites;
};

// In shares that run side by side, each with a seed of its own.
class MutantShares : public Mutants, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Four, MutantShares, ::testing::Range(0, kShares));

TEST_P(MutantShares, B08_NoMutantOfAValidBundleSaysAnythingNew) {
  const std::uint64_t count = number_from("CARTELLA_MUTANTS", kMutants) / kShares;
  std::uint64_t same_bytes = 0;
  std::uint64_t says_less = 0;
  std::uint64_t refused = 0;
  std::uint64_t accepted = 0;
  std::set<std::string> reasons;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Original& original = originals[i % originals.size()];
    const std::string file = mutant(original);
    if (file == original.file) {
      ++same_bytes;
      continue;
    }
    std::istringstream from(file);
    const auto report = check_bundle(from, trust);
    if (!report) {
      ++refused;
      std::string reason = report.error().detail;
      std::erase_if(reason, [](char c) { return c >= '0' && c <= '9'; });
      if (reasons.size() < 100) reasons.insert(reason.substr(0, 60));
    } else if (says_nothing_new(report.value(), original.report)) {
      ++says_less;
    } else {
      ++accepted;
      ADD_FAILURE() << "mutant " << i << " of seed " << seed << " is accepted";
      if (accepted == 5) break;
    }
  }
  std::cout << count << " mutants: " << refused << " refused, " << says_less
            << " say less than their original, " << same_bytes << " are their original, "
            << accepted << " accepted; " << reasons.size() << " reasons\n";
  EXPECT_EQ(accepted, 0u);
  // The mutants reach behind the checksum and the first checks.
  EXPECT_GT(reasons.size(), 20u);
}

// The same judgement finds what a weaker checker lets through: without the caller's key, a history
// that somebody signed with a key of their own.
TEST_F(Mutants, ControlWithoutTheCallersKeyMutantsAreAccepted) {
  trust.log_key.reset();
  std::uint64_t accepted = 0;
  for (int i = 0; i < 200; ++i) {
    std::istringstream from(assemble(rewritten()));
    const auto report = check_bundle(from, trust);
    if (report && !says_nothing_new(report.value(), originals[0].report)) ++accepted;
  }
  EXPECT_GT(accepted, 0u);
}

// A checker that opens the newest checkpoint and believes the rest.
TEST_F(Mutants, ControlAWeakCheckerAcceptsThem) {
  std::uint64_t accepted = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string file = mutant(originals[0]);
    std::istringstream from(file);
    FrameReader reader(from);
    bool is_signed = false;
    bool is_whole = false;
    for (Status begun = reader.begin(); begun && !is_whole;) {
      auto frame = reader.next();
      if (!frame) break;
      is_whole = frame.value().type == FrameType::end;
      if (frame.value().type != FrameType::checkpoint || is_signed) continue;
      const auto given = decode_checkpoint(frame.value().content);
      is_signed = given && crypto::open_checkpoint(given.value().note, trust.log_key->name,
                                                   trust.log_key->key);
    }
    if (is_signed && is_whole && file != originals[0].file) ++accepted;
  }
  EXPECT_GT(accepted, 500u);
}

}  // namespace
}  // namespace cartella::proofs
