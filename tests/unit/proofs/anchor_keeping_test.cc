// What comes back from witnesses and authorities is kept, whatever the others or the disk do.

#include "crypto/note_text.h"
#include "proofs/anchor_check.h"
#include "tests/unit/proofs/anchoring_fixture.h"
#include "tests/unit/proofs/authority.h"

namespace cartella::proofs {
namespace {

// Cosigns whatever it is asked, and answers its line and what it is told to add.
class Cosigning {
 public:
  using More = std::function<std::string(const std::string& note)>;
  explicit Cosigning(std::string name, More more = {})
      : x_name(std::move(name)), x_more(std::move(more)) {}

  crypto::Cosigner cosigner() const { return {x_name, x_key.public_key()}; }
  std::uint16_t port() const { return x_peer.url().port; }
  int asked() const { return x_asked; }
  std::string line(const std::string& note) const {
    return crypto::cosign(note, x_name, x_key, 1000).value();
  }

 private:
  void serve(int to) {
    const std::string note = crypto::decode_consistency(receive_post(to).body).value().checkpoint;
    ++x_asked;
    answer(to, 200, "text/plain", line(note) + (x_more ? x_more(note) : ""));
  }
  const std::string x_name;
  const More x_more;
  const crypto::Signer x_key{crypto::Secret32::random()};
  std::atomic<int> x_asked{0};
  const Peer x_peer{[this](int to) { serve(to); }};
};

class AnchorKeeping : public Anchorings {
 protected:
  // Before the honest one.
  void add(const Cosigning& other) {
    others.push_back({"http://127.0.0.1:" + std::to_string(other.port()), "Altri", true});
    policy.cosigners.insert(policy.cosigners.end() - 1, other.cosigner());
  }
  using Anchorings::add;
  bool has_said(std::string_view event) const { return said().find(event) != std::string::npos; }
  // What `verify` finds in the kept anchors.
  AnchorReport check(const TestAuthority& trusted) const {
    AnchorCheck wanted;
    wanted.log = store::read_meta(dir()).value();
    wanted.size = store->size();
    wanted.root_at = [&](std::uint64_t size) { return store->root_at(size); };
    wanted.time_stamp_ca = trusted.ca_file();
    return check_anchors(folder(), wanted).value();
  }
};

// A time-stamp authority behind HTTP on loopback.
struct Stamping {
  explicit Stamping(const std::filesystem::path& dir) : authority(dir) {}
  TimeStampAuthority options() const {
    return {"http://127.0.0.1:" + std::to_string(peer.url().port), authority.ca_file(), "",
            std::chrono::seconds(600)};
  }
  TestAuthority authority;
  std::atomic<int> asked{0};
  const Peer peer{[this](int to) {
    const std::string query = receive_post(to).body;
    ++asked;
    answer(to, 200, "application/timestamp-reply",
           std::string(as_text(authority.answer(as_bytes(query)))));
  }};
};

std::string junk_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += crypto::note_line("rumore.example/testimone", {}, Bytes(72, std::uint8_t(i)));
  return lines;
}

TEST_F(AnchorKeeping, F26_AWitnessThatAddsLinesTakesNothingFromOthers) {
  Cosigning other("altro.example/testimone");
  // Besides its own line it answers others, of its own making and of another witness.
  Cosigning hostile("ostile.example/testimone", [](const std::string&) { return junk_lines(98); });
  add(other);
  add(hostile);
  policy.quorum = 3;
  start();
  add(1, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 1; });
  EXPECT_TRUE(judge_support(policy, folder().find(1).value()->note).value().is_enough);
  anchoring.reset();  // before those who answer go
}

TEST_F(AnchorKeeping, F26_KeepOnceTheDiskTakesItWhatCameBefore) {
  Stamping stamping(root / "authority");
  authority = stamping.options();
  Cosigning other("altro.example/testimone");
  add(other);
  policy.quorum = 2;
  start();
  std::filesystem::rename(dir() / "anchors", root / "away");
  add(1, 1);
  until([&](const AnchoringStatus&) { return has_said("anchor_not_kept"); });
  EXPECT_EQ(anchoring->status().quorum_size, 0u);

  // The log does not grow, and nobody is asked again.
  std::filesystem::rename(root / "away", dir() / "anchors");
  until([](const AnchoringStatus& status) {
    return status.quorum_size == 1 && status.time_stamp_size == 1;
  });

  const Anchor anchor = folder().find(1).value().value();
  EXPECT_TRUE(judge_support(policy, anchor.note).value().is_enough);
  EXPECT_EQ(anchor.time_stamps.size(), 1u);
  EXPECT_EQ(other.asked(), 1);
  EXPECT_EQ(stamping.asked, 1);
  anchoring.reset();
}

// Anchors with a time-stamp are never removed, and so push it far back while one witness is away.
TEST_F(AnchorKeeping, F26_KnowAfterARestartAQuorumOfLongAgo) {
  policy.when_away = WhenAway::refuse_publishing;
  policy.quorum = 2;
  is_away = true;
  Cosigning other("altro.example/testimone");
  add(other);
  const crypto::Signer key(crypto::Secret32::random());
  policy.cosigners[1] = {"assente.example/testimone", key.public_key()};
  for (std::uint64_t size = 1; size <= 103; ++size) {
    add(size, 1);
    const std::string note = store->signed_checkpoint().value();
    std::string lines = other.line(note);
    if (size == 2) lines += crypto::cosign(note, policy.cosigners[1].name, key, 1000).value();
    ASSERT_TRUE(folder().put({size, note + lines, {}}));
  }
  start();
  EXPECT_EQ(anchoring->status().quorum_size, 2u);
  const auto shown = anchoring->checkpoint();
  ASSERT_TRUE(shown);
  EXPECT_EQ(crypto::read_checkpoint(shown.value()).value().size, 2u);
  EXPECT_TRUE(judge_support(policy, shown.value()).value().is_enough);
  anchoring.reset();
}

TEST_F(AnchorKeeping, CR08_StampACheckpointThatTwoKeysSignedSoThatItVerifies) {
  Stamping stamping(root / "authority");
  const crypto::Signer next(crypto::Secret32(store::hash_number(12)));
  authority = stamping.options();
  add(1, 1);
  ASSERT_TRUE(store->rotate_log_key(next));
  start();
  until([](const AnchoringStatus& status) { return status.time_stamp_size == 1; });
  anchoring.reset();
  const auto report = check(stamping.authority);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.newest.at(0).stamps.size(), 1u);
  store.reset();  // before the key goes
}

// The line that is stamped stands in what is kept, though the first anchor was without it.
TEST_F(AnchorKeeping, CR08_StampByANewKeyWhatTheOneBeforeHadAnchored) {
  Stamping stamping(root / "authority");
  const crypto::Signer next(crypto::Secret32(store::hash_number(12)));
  add(1, 1);
  start();
  until([](const AnchoringStatus& status) { return status.quorum_size == 1; });
  anchoring.reset();
  ASSERT_TRUE(store->rotate_log_key(next));
  authority = stamping.options();
  start();
  until([](const AnchoringStatus& status) { return status.time_stamp_size == 1; });
  anchoring.reset();
  const auto report = check(stamping.authority);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.newest.at(0).stamps.size(), 1u);
  EXPECT_TRUE(judge_support(policy, folder().find(1).value()->note).value().is_enough);
  store.reset();
}

}  // namespace
}  // namespace cartella::proofs
