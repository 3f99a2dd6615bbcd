// What outsiders know of a log is held against it, and an older head is accepted as a new era.
#include "keeping/older_head.h"

#include <gtest/gtest.h>

#include "keeping/rollback.h"
#include "proofs/anchors.h"
#include "store/file_io.h"
#include "tests/unit/cases/log_fixture.h"

namespace cartella::keeping {
namespace {

class OlderHead : public cases::LogFixture {
 protected:
  void anchor(std::uint64_t size, const Hash32& root, const crypto::Signer& key) {
    const auto folder = proofs::AnchorFolder::open(x_dir).value();
    ASSERT_TRUE(
        folder.put({size, crypto::sign_checkpoint({x_log->origin(), size, root}, key), {}}));
  }
  std::optional<std::string> found() {
    return find_rollback(*x_log, x_dir, x_log_key.public_key()).value();
  }
};

TEST_F(OlderHead, F21_AnAnchorOfALargerTreeShowsThatTheLogWasRolledBack) {
  EXPECT_FALSE(found());
  anchor(x_log->size(), x_log->checkpoint().value().root, x_log_key);
  EXPECT_FALSE(found());

  anchor(x_log->size() + 1, Hash32{}, x_log_key);

  ASSERT_TRUE(found());
  EXPECT_NE(found()->find(std::to_string(x_log->size() + 1)), std::string::npos);
}

TEST_F(OlderHead, F21_AnAnchorOfAnotherRootShowsAnotherHistory) {
  anchor(x_log->size() - 1, Hash32{}, x_log_key);

  ASSERT_TRUE(found());
  EXPECT_NE(found()->find("another history"), std::string::npos);
}

TEST_F(OlderHead, AnAnchorUnderAnotherKeyProvesNothing) {
  anchor(x_log->size() + 1, Hash32{}, x_server);

  EXPECT_FALSE(found());
}

TEST_F(OlderHead, AWarnedLogWritesNothingMore) {
  x_log->declare_rollback("told by a witness");

  EXPECT_EQ(x_log->rollback().error().code, Errc::rollback);
  const auto refused = x_executor->execute(context(), cases::anonymous_person("Ospite"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::rollback);
}

TEST_F(OlderHead, IsAcceptedOnlyWhereThereIsSomethingToAccept) {
  auto keys = LogKeys::open(*x_vault, std::nullopt).value();

  const auto begun = begin_era(x_dir, x_dir / "head", *x_log, *x_vault, *keys);

  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, Errc::refused);
}

TEST_F(OlderHead, GoesOnUnderAnotherOriginAndKeyAndSaysWhy) {
  ASSERT_TRUE(x_log->publish());
  const std::string old_origin = x_log->origin();
  const std::uint64_t size = x_log->size();
  const auto old_note = store::read_file(x_dir / "head" / "head", 1 << 16).value();
  x_log->declare_rollback("prova");
  auto before = LogKeys::open(*x_vault, std::nullopt).value();
  ASSERT_TRUE(begin_era(x_dir, x_dir / "head", *x_log, *x_vault, *before));
  const auto meta = store::read_meta(x_dir).value();
  ASSERT_TRUE(is_unfinished_era(meta, *x_log));
  close();
  x_vault = crypto::Vault::open(x_dir, passphrase(), vault_options()).value();
  auto keys = LogKeys::open(*x_vault, meta.key).value();
  const crypto::Signer& new_key = keys->in_force();
  x_log = store::Store::open(x_dir, new_key, x_clock, store_options()).value();
  ASSERT_TRUE(x_log->rollback());

  const auto era = describe_era(x_dir / "head", meta, "il disco è stato sostituito");
  ASSERT_TRUE(era);
  ASSERT_TRUE(cases::recover_keys(*x_log, *x_vault, 0));
  ASSERT_TRUE(cases::write_new_era(*x_log, *x_vault, new_key, x_server, x_clock, era.value()));
  ASSERT_TRUE(keys->forget_past(*x_vault));

  EXPECT_FALSE(is_unfinished_era(meta, *x_log));
  EXPECT_NE(x_log->origin(), old_origin);
  EXPECT_EQ(x_log->size(), size + 1);
  EXPECT_EQ(era.value().previous_checkpoint, std::string(as_text(old_note)));
  EXPECT_FALSE(x_vault->has_named("log-signing-key").value());
  const auto event =
      crypto::open_event(x_log->log_id(), *x_vault, x_log->read(size).value()).value();
  EXPECT_EQ(event.segments.at(1).plaintext.schema_id,
            schema::find_type(schema::EventType::genesis)->schema_id);
  x_log.reset();  // the signer outlives it
}

}  // namespace
}  // namespace cartella::keeping
