// A start after a kill: the vault is told by the log which keys are in use, and loses none of them.
#include "cases/key_recovery.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "cases/access_log.h"
#include "cases/key_account.h"
#include "cases/seal_call.h"
#include "schema/body.h"
#include "tests/unit/cases/log_fixture.h"

namespace cartella::cases {
namespace {

namespace fs = std::filesystem;

class KeyRecoveryTest : public LogFixture {
 protected:
  void copy_vault(const fs::path& from, const fs::path& to) {
    for (const char* part : {"vault", "keys"}) {
      fs::remove_all(to / part);
      fs::create_directories(to);
      fs::copy(from / part, to / part, fs::copy_options::recursive);
    }
  }
  void decide_erasure(const std::string& scope, const Raw16& target,
                      const std::string& decision = "erase") {
    const schema::TypeInfo* type = schema::find_type(schema::EventType::erasure_decided);
    PlannedBody body;
    body.plaintext = {type->schema_id, type->revision,
                      schema::encode_body<schema::ErasureDecided>([&](auto to) {
                        to.setScope(schema::text_from(scope));
                        to.setTarget(schema::data_of(target));
                        to.setDecision(schema::text_from(decision));
                      })};
    Decision planned;
    planned.events.push_back({type->type, log_stream(x_log->log_id()), crypto::kExpectAny, {body}});
    const std::string version = "0";
    const Sealing sealing{x_log->log_id(), *x_vault, x_server, version};
    auto sealed = seal_call(sealing, planned, SetConfiguration{}, context()).value();
    ASSERT_TRUE(x_log->append(std::move(sealed.call)));
  }
  // The person's keys, as an erasure destroys them; answers where the person stands in the log.
  std::uint64_t destroy_person(const Outcome& person) {
    const auto keys = x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes,
                                             controller_of(kEnte));
    EXPECT_TRUE(x_vault->destroy_keys(keys, std::array{person.stream}));
    return person.receipt.first_position;
  }
  Status recover() { return recover_keys(*x_log, *x_vault, 0); }
};

TEST_F(KeyRecoveryTest, KeepsEveryKeyThatAnEventUses) {
  execute(person_with("PRVFTZ59A41D653B"));
  execute(anonymous_person("Ospite"));
  ASSERT_EQ(closed_segments(), 0u);

  reopen();
  ASSERT_TRUE(recover_keys(*x_log, *x_vault, x_vault->remembered_through().value()));

  EXPECT_EQ(closed_segments(), 0u);
  EXPECT_TRUE(x_vault->verify());
}

TEST_F(KeyRecoveryTest, FindsTheKeysOfAPersonAgain) {
  const Outcome person = execute(anonymous_person("Ospite"));
  const auto before = x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes,
                                             controller_of(kEnte));
  ASSERT_FALSE(before.empty());

  reopen();
  EXPECT_TRUE(
      x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes, controller_of(kEnte))
          .empty());
  ASSERT_TRUE(recover_keys(*x_log, *x_vault, 0));
  EXPECT_EQ(x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes,
                                   controller_of(kEnte)),
            before);
}

TEST_F(KeyRecoveryTest, RefusesALogOlderThanTheVaultAndDestroysNothing) {
  execute(anonymous_person("Ospite"));
  reopen();

  const Status recovered = recover_keys(*x_log, *x_vault, x_log->size() + 1);

  EXPECT_EQ(recovered.error().code, Errc::rollback);
  EXPECT_EQ(closed_segments(), 0u);
}

TEST_F(KeyRecoveryTest, RefusesAVaultOlderThanTheLogAtTheFirstEventWhoseKeyIsLost) {
  start_again();
  const fs::path older = x_dir / "older";
  const fs::path newer = x_dir / "newer";
  close();
  copy_vault(x_dir, older);
  reopen();
  start_again();
  const Outcome person = execute(anonymous_person("Ospite"));
  ASSERT_TRUE(x_vault->remember(x_log->size()));
  close();
  copy_vault(x_dir, newer);
  copy_vault(older, x_dir);
  reopen();

  const Status recovered = recover_keys(*x_log, *x_vault, x_vault->remembered_through().value());

  EXPECT_EQ(recovered.error().code, Errc::corrupt);
  EXPECT_NE(recovered.error().detail.find("position " +
                                          std::to_string(person.receipt.first_position) + ":"),
            std::string::npos)
      << recovered.error().detail;
  EXPECT_EQ(find_lost_key(*x_log, *x_vault).value()->position, person.receipt.first_position);
  // The vault that belongs to the log still opens everything.
  close();
  copy_vault(newer, x_dir);
  reopen();
  ASSERT_TRUE(recover_keys(*x_log, *x_vault, x_vault->remembered_through().value()));
  EXPECT_EQ(closed_segments(), 0u);
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());
}

TEST_F(KeyRecoveryTest, TakesKeysForErasedThatALaterErasureOfAPersonAnswersFor) {
  const Outcome person = execute(anonymous_person("Ospite"));
  destroy_person(person);
  decide_erasure("person", person.subject.bytes);
  reopen();
  EXPECT_TRUE(recover());
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());
}

TEST_F(KeyRecoveryTest, BytesThatAreGoneWantADecisionAsKeysDo) {
  const Outcome person = execute(anonymous_person("Ospite"));
  store::PurgeOrder order;
  order.streams = {person.stream};
  ASSERT_TRUE(x_log->purge(order));

  EXPECT_EQ(find_lost_key(*x_log, *x_vault).value()->position, person.receipt.first_position);
  KnownErasures known;
  known.streams.insert(person.stream);
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault, known).value()) << "the register answers";
  decide_erasure("item", person.stream.bytes);
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());
}

TEST_F(KeyRecoveryTest, TakesAStreamForErasedThatALaterErasureOfThatItemAnswersFor) {
  const Outcome first = execute(anonymous_person("Uno"));
  const Outcome second = execute(anonymous_person("Due"));
  ASSERT_TRUE(x_vault->destroy_keys({}, std::array{first.stream}));
  decide_erasure("item", first.stream.bytes);
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());

  // It answers for no other item.
  ASSERT_TRUE(x_vault->destroy_keys({}, std::array{second.stream}));
  const auto lost = find_lost_key(*x_log, *x_vault).value();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->position, second.receipt.first_position);
  EXPECT_EQ(lost->stream, second.stream);
  reopen();
  EXPECT_EQ(recover().error().code, Errc::corrupt);
}

TEST_F(KeyRecoveryTest, TakesNoKeyForErasedThatIsUsedAfterTheErasureOrWhereItWasRefused) {
  const Outcome before = execute(anonymous_person("Prima"));
  decide_erasure("person", before.subject.bytes, "refuse");
  const std::uint64_t lost_before = destroy_person(before);
  EXPECT_EQ(find_lost_key(*x_log, *x_vault).value()->position, lost_before);

  decide_erasure("person", before.subject.bytes);
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());
  const std::uint64_t lost_after = destroy_person(execute(anonymous_person("Dopo")));
  EXPECT_EQ(find_lost_key(*x_log, *x_vault).value()->position, lost_after);
}

TEST_F(KeyRecoveryTest, BindsTheKeysOfALookToTheMonthAndToEachPersonSeen) {
  Viewer viewer;
  viewer.operator_id = kWorker;
  viewer.client_id = "prova";
  viewer.auth_context = "prova";
  Look look;
  look.request_id = id_of<RequestId>(1);
  look.controller = controller_of(kEnte);
  look.subjects = {id_of<SubjectId>(1), id_of<SubjectId>(2)};
  look.target = "people";
  look.purpose = "prova";
  std::uint64_t position = 0;
  {
    const auto access = AccessLog::open(*x_log, *x_vault, *x_executor, x_clock).value();
    position = access->record(viewer, look).value().first_position;
  }
  const auto owners = [&] {
    std::vector<std::optional<crypto::OwnerKeyName>> names;
    const crypto::StoredEvent event = x_log->read(position).value();
    for (const Bytes& segment : event.body.segments)
      names.push_back(x_vault->owner_of(crypto::segment_head(segment).value().owner_key));
    return names;
  };
  const StreamId month = x_log->read(position).value().leaf.stream_id;
  const std::vector<std::optional<crypto::OwnerKeyName>> expected{
      month_key_name(month, look.controller), month_key_name(month, look.controller),
      reason_key_name(look.subjects[0], look.controller),
      reason_key_name(look.subjects[1], look.controller)};
  ASSERT_EQ(owners(), expected);

  reopen();
  ASSERT_FALSE(owners()[0] || owners()[2]);
  ASSERT_TRUE(recover());

  EXPECT_EQ(owners(), expected);
  EXPECT_EQ(closed_segments(), 0u);
}

}  // namespace
}  // namespace cartella::cases
