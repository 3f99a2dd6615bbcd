// What outsiders know of a log is held against it, and an older head is accepted as a new era.
#include "keeping/older_head.h"

#include <gtest/gtest.h>

#include "cases/command_digests.h"
#include "keeping/rollback.h"
#include "proofs/anchors.h"
#include "store/file_io.h"
#include "store/verify.h"
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
  std::optional<std::string> found() { return find_rollback(*x_log, x_dir).value(); }
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

TEST_F(OlderHead, F21_AnAnchorUnderAnEarlierKeyOfTheLogCounts) {
  const crypto::Signer next(seed(9));
  ASSERT_TRUE(x_log->rotate_log_key(next));
  EXPECT_FALSE(found());

  anchor(x_log->size() + 1, Hash32{}, x_log_key);

  ASSERT_TRUE(found());
  EXPECT_NE(found()->find(std::to_string(x_log->size() + 1)), std::string::npos);
  x_executor.reset();
  x_log.reset();  // the signer outlives it
}

TEST_F(OlderHead, F21_WhatAWitnessSaidIsKnownToTheNextStart) {
  ASSERT_TRUE(keep_witness_alarm(*x_log, x_dir, {"vicino", x_log->size(), true}));
  EXPECT_FALSE(found());  // the log holds as much
  ASSERT_TRUE(keep_witness_alarm(*x_log, x_dir, {"vicino", x_log->size() + 1, true}));
  ASSERT_TRUE(found());
  EXPECT_NE(found()->find("a witness saw a tree of size"), std::string::npos);
  ASSERT_TRUE(keep_witness_alarm(*x_log, x_dir, {"vicino", 1, false}));
  ASSERT_TRUE(found());
  EXPECT_NE(found()->find("another history"), std::string::npos);
  const std::string nonsense = "cartella/witness-alarm/1\n";
  ASSERT_TRUE(store::replace_file(x_dir / "witness.alarm", as_bytes(nonsense)));
  ASSERT_TRUE(found());
  EXPECT_NE(found()->find("damaged"), std::string::npos);
}

// The log goes on from the head that it has, by the server key that is given.
class NewEra : public OlderHead {
 protected:
  void begin() {
    ASSERT_TRUE(x_log->publish());
    x_old_note = std::string(as_text(store::read_file(x_dir / "head" / "head", 1 << 16).value()));
    x_size = x_log->size();
    x_old_log = x_log->log_id();
    x_old_origin = x_log->origin();
    x_log->declare_rollback("prova");
    auto before = LogKeys::open(*x_vault, std::nullopt).value();
    ASSERT_TRUE(begin_era(x_dir, x_dir / "head", *x_log, *x_vault, *before));
    x_meta = store::read_meta(x_dir).value();
    ASSERT_TRUE(is_unfinished_era(x_meta, *x_log));
    close();
    x_vault = crypto::Vault::open(x_dir, passphrase(), vault_options()).value();
    x_keys = LogKeys::open(*x_vault, x_meta.key).value();
    x_log = store::Store::open(x_dir, x_keys->in_force(), x_clock, store_options()).value();
    ASSERT_TRUE(x_log->rollback());
    ASSERT_TRUE(cases::recover_keys(*x_log, *x_vault, 0));
  }
  void finish(const crypto::Signer& server) {
    x_described = describe_era(x_dir / "head", x_meta, "il disco è stato sostituito").value();
    ASSERT_TRUE(cases::write_new_era(*x_log, *x_vault, x_keys->in_force(), server, x_clock,
                                     x_described, x_confirmed_by));
    ASSERT_TRUE(x_keys->forget_past(*x_vault));
    x_executor = cases::Executor::open(*x_log, *x_vault, server, x_clock, x_codes, {}).value();
  }
  void TearDown() override {
    x_executor.reset();
    x_log.reset();  // the signers outlive it
    OlderHead::TearDown();
  }
  void start_again_in_this_era() {
    close();
    x_vault = crypto::Vault::open(x_dir, passphrase(), vault_options()).value();
    x_keys = LogKeys::open(*x_vault, x_meta.key).value();
    x_log = store::Store::open(x_dir, x_keys->in_force(), x_clock, store_options()).value();
    ASSERT_TRUE(x_log->rollback());
  }
  std::string first_finding() {
    EXPECT_TRUE(x_log->publish());
    const auto report = store::verify_log(*x_log, {}).value();
    return report.findings.empty() ? "" : report.findings[0].detail;
  }

  std::unique_ptr<LogKeys> x_keys;
  store::LogMeta x_meta;
  std::optional<OperatorId> x_confirmed_by;  // the clock
  cases::NewEra x_described;
  std::string x_old_note;
  std::string x_old_origin;
  LogId x_old_log;
  std::uint64_t x_size = 0;
};

TEST_F(NewEra, HasAnotherIdOriginAndKeyAndSaysWhy) {
  execute(cases::anonymous_person("Ospite"));
  begin();
  finish(x_server);

  EXPECT_FALSE(is_unfinished_era(x_meta, *x_log));
  EXPECT_NE(x_log->origin(), x_old_origin);
  EXPECT_EQ(x_log->size(), x_size + 1);
  EXPECT_EQ(x_described.previous_checkpoint, x_old_note);
  EXPECT_FALSE(x_vault->has_named("log-signing-key").value());
  EXPECT_EQ(x_log->eras().at(x_size - 1), x_old_log);
  EXPECT_NE(x_log->eras().at(x_size), x_old_log);
  EXPECT_EQ(x_log->log_id(), x_old_log);
  EXPECT_NE(x_log->origin().find(to_hex(ByteView(x_log->eras().current().bytes).first(8))),
            std::string::npos);
  const auto event =
      crypto::open_event(x_log->eras(), *x_vault, x_log->read(x_size).value()).value();
  EXPECT_EQ(event.segments.at(1).plaintext.schema_id,
            schema::find_type(schema::EventType::genesis)->schema_id);
}

TEST_F(NewEra, OfAHeadThatRestedForDaysBeginsWithItsGenesisAndTheClockIsConfirmedBehindIt) {
  execute(cases::anonymous_person("Ospite"));
  x_clock.set_wall(TimeUs{x_clock.wall().us + 2 * 86'400'000'000});
  begin();
  const auto described = describe_era(x_dir / "head", x_meta, "il disco è stato sostituito");
  EXPECT_EQ(cases::write_new_era(*x_log, *x_vault, x_keys->in_force(), x_server, x_clock,
                                 described.value(), {})
                .error()
                .code,
            Errc::clock_suspect);
  ASSERT_TRUE(is_unfinished_era(x_meta, *x_log));

  x_confirmed_by = OperatorId{};
  finish(x_server);

  EXPECT_EQ(x_log->size(), x_size + 2);
  EXPECT_EQ(x_log->read(x_size).value().leaf.kind, schema::LeafKind::schema);
  EXPECT_EQ(first_finding(), "");
  EXPECT_FALSE(x_log->clock_doubt().value());
}

TEST_F(NewEra, EventsOfBothErasOpenAndVerify) {
  execute(cases::anonymous_person("Prima"));
  begin();
  finish(x_server);
  execute(cases::anonymous_person("Dopo"));

  EXPECT_EQ(closed_segments(), 0u);
  EXPECT_EQ(first_finding(), "");
  EXPECT_FALSE(cases::find_wrong_digest(*x_log, *x_vault).value());
  store::VerifyOptions against;
  against.against = x_old_note;
  EXPECT_TRUE(store::verify_log(*x_log, against).value().findings.empty());
  start_again_in_this_era();
  EXPECT_EQ(closed_segments(), 0u);
  EXPECT_EQ(first_finding(), "");
}

// What an author signed for the history that was given up must not turn up in the one that goes on.
TEST_F(NewEra, RefusesWhatAnAuthorSignedForTheEraBefore) {
  const crypto::Signer author(seed(7));
  cases::EnrolSigner enrol;
  enrol.public_key = author.public_key();
  enrol.owner = cases::kWorker;
  enrol.rights = {"append"};
  const auto proof =
      author.sign(crypto::possession_message(x_log->log_id(), author.public_key(), cases::kWorker));
  enrol.proof.assign(proof.begin(), proof.end());
  execute(enrol);
  begin();
  finish(x_server);
  const auto signed_for = [&](const LogId& log) {
    crypto::EventPlan plan;
    plan.event_id = crypto::new_command_id(x_clock);
    plan.stream_id = x_vault->new_stream().value();
    schema::HeaderView header;
    header.type = schema::EventType::configuration_set;
    const auto key =
        x_vault->owner_key({schema::KeyDomain::controller, cases::controller_of(cases::kEnte).bytes,
                            cases::controller_of(cases::kEnte)});
    plan.segments.push_back({key.value(),
                             schema::KeyClass::base,
                             {schema::kHeaderSchemaId, 1, schema::encode_header(header)}});
    store::Call call;
    call.events.push_back(crypto::seal_event(log, *x_vault, nullptr, plan).value());
    crypto::Leaf& leaf = call.events[0].leaf;
    leaf.flags = crypto::kAuthorSigned;
    leaf.signer_id = author.id();
    leaf.signature = author.sign(crypto::signed_message(log, leaf));
    return call;
  };

  const auto refused = x_log->append(signed_for(x_old_log));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_signature);
  EXPECT_TRUE(x_log->append(signed_for(x_log->eras().current())));
}

// Of a copy that was made before `keys rotate-signing`: the key that it knows is destroyed.
TEST_F(NewEra, CR08_EnrolsTheKeyOfTheServerThatTheOlderCopyDoesNotKnow) {
  const crypto::Signer later(seed(8));
  begin();
  finish(later);
  execute(cases::anonymous_person("Dopo"));

  EXPECT_TRUE(x_log->find_signer(later.id()));
  const auto lost = x_log->find_signer(x_server.id());
  ASSERT_TRUE(lost && lost->revoked_from);
  EXPECT_EQ(*lost->revoked_from, x_size);
  EXPECT_EQ(x_log->server_signers(), std::vector<SignerId>{later.id()});
  EXPECT_EQ(first_finding(), "");
}

}  // namespace
}  // namespace cartella::keeping
