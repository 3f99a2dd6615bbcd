// The digest by which a repeated command is known, in the index and in its event (amendment 4).
#include "cases/command_digests.h"

#include <gtest/gtest.h>

#include "store/group_batch.h"
#include "store/log_db.h"
#include "store/open_log.h"
#include "tests/unit/cases/log_fixture.h"

namespace cartella::cases {
namespace {

class CommandDigests : public LogFixture {
 protected:
  std::optional<std::uint64_t> wrong() { return find_wrong_digest(*x_log, *x_vault).value(); }
  // One bit of the digest in the index's row of that event.
  void flip_digest(std::uint64_t position) {
    const EventId event = x_log->read(position).value().leaf.event_id;
    close();
    {
      const auto db =
          store::LogDb::open(store::log_path(x_dir), store::LogDb::Use::inspect).value();
      Bytes row;
      ASSERT_TRUE(db->get(store::Family::ids, event.view(), row).value());
      ASSERT_EQ(row.size(), store::kCommandRowBytes);
      row.back() ^= 1;
      store::LogBatch batch(*db);
      batch.put(store::Family::ids, event.view(), row);
      ASSERT_TRUE(db->write(batch));
      ASSERT_TRUE(db->flush_all());
    }
    x_vault = crypto::Vault::open(x_dir, passphrase(), vault_options()).value();
    x_log = store::Store::open(x_dir, x_log_key, x_clock, store_options()).value();
  }
};

TEST_F(CommandDigests, F20_OfEveryCommandAreThoseOfItsEvent) {
  execute(anonymous_person("Ospite"));

  EXPECT_FALSE(wrong());
}

TEST_F(CommandDigests, F20_OfASealedEventAreComparedWithTheIndex) {
  const auto done = execute(anonymous_person("Ospite"));
  ASSERT_TRUE(x_vault->remember(x_log->size()));

  flip_digest(done.receipt.first_position);

  EXPECT_EQ(wrong(), done.receipt.first_position);
}

TEST_F(CommandDigests, F20_OfAClearEventAreComparedWithTheIndex) {
  ASSERT_TRUE(x_vault->remember(x_log->size()));
  flip_digest(0);

  EXPECT_EQ(wrong(), 0u);
}

// Who repeats that command hears that it was erased, whatever stands in the index.
TEST_F(CommandDigests, OfAnErasedHeaderTellNothing) {
  const auto done = execute(anonymous_person("Ospite"));
  const std::uint64_t position = done.receipt.first_position;
  ASSERT_TRUE(x_vault->remember(x_log->size()));
  const StreamId stream = x_log->read(position).value().leaf.stream_id;
  flip_digest(position);
  const std::array<StreamId, 1> streams{stream};
  ASSERT_TRUE(x_vault->destroy_keys({}, streams));

  EXPECT_FALSE(wrong());
}

}  // namespace
}  // namespace cartella::cases
