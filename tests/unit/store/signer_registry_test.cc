#include "tests/unit/store/verify_support.h"

namespace cartella::store {
namespace {

using schema::LeafKind;

// A log whose server key stands enrolled, and keys of people.
class SignerRegistryTest : public VerifyTest {
 protected:
  Call call_of(crypto::StoredEvent event) {
    Call call;
    call.events.push_back(std::move(event));
    return call;
  }
  Call enrolment(std::uint64_t command, const crypto::Signer& signer, const crypto::Signer& by,
                 const std::vector<std::string>& rights = {"append"}) {
    return call_of(clear_event(command, 0, LeafKind::key, enrolled_body(signer, rights), by));
  }
  Call revocation(std::uint64_t command, const crypto::Signer& signer, std::uint64_t from) {
    return call_of(clear_event(command, 0, LeafKind::key, revoked_body(signer, from), server_));
  }
  Call setting(std::uint64_t command, const crypto::Signer& by) {
    return call_of(clear_event(command, 0, LeafKind::configuration,
                               clear_body(schema::EventType::configuration_set, Bytes(8)), by));
  }
  // Signed by a person, over what stands in the leaf.
  Call authored(std::uint64_t command, const crypto::Signer& author) {
    Call call = setting(command, server_);
    crypto::Leaf& leaf = call.events[0].leaf;
    leaf.flags = crypto::kAuthorSigned;
    leaf.signer_id = author.id();
    leaf.signature = author.sign(crypto::signed_message(test_log(), leaf));
    return call;
  }

  const crypto::Signer clerk_{crypto::Secret32(hash_number(81))};
  const crypto::Signer colleague_{crypto::Secret32(hash_number(82))};
};

TEST_F(SignerRegistryTest, TakesWhatAnEnrolledAuthorSigned) {
  append(enrolment(1, clerk_, server_));
  append(authored(2, clerk_));
  EXPECT_EQ(store->size(), 4u);
  const auto status = store->find_signer(clerk_.id());
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->may_append);
  EXPECT_FALSE(status->may_enrol);
  EXPECT_FALSE(status->revoked_from);
  const auto report = verify_log(*store, verify_options);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report.value().is_sound()) << describe(report.value());
}

TEST_F(SignerRegistryTest, RefusesASignerWhoIsNotEnrolled) {
  EXPECT_EQ(refusal(authored(1, clerk_)), Errc::key_revoked);
  EXPECT_EQ(refusal(setting(2, clerk_)), Errc::key_revoked);
  EXPECT_EQ(store->size(), 2u);
  EXPECT_FALSE(store->find_signer(clerk_.id()));
}

TEST_F(SignerRegistryTest, RefusesAnAuthorSignatureThatDoesNotVerify) {
  append(enrolment(1, clerk_, server_));
  Call forged = authored(2, clerk_);
  forged.events[0].leaf.signature[3] ^= 1;
  EXPECT_EQ(refusal(forged), Errc::bad_signature);
  // The signature covers the stream: what was signed for one cannot be appended to another.
  Call moved = authored(3, clerk_);
  moved.events[0].leaf.stream_id = stream_number(5);
  EXPECT_EQ(refusal(moved), Errc::bad_signature);
  EXPECT_EQ(store->size(), 3u);
}

TEST_F(SignerRegistryTest, RefusesARevokedSignerFromThePositionOn) {
  append(enrolment(1, clerk_, server_));
  append(authored(2, clerk_));
  append(revocation(3, clerk_, 0));
  EXPECT_EQ(refusal(authored(4, clerk_)), Errc::key_revoked);
  EXPECT_EQ(store->find_signer(clerk_.id())->revoked_from, 0u);
  // A repeated command answers with its first receipt, revoked or not.
  EXPECT_TRUE(store->append(authored(2, clerk_)).value().duplicate);
}

TEST_F(SignerRegistryTest, LetsARevokedSignerFinishUpToAPositionAhead) {
  append(enrolment(1, clerk_, server_));  // 2
  append(revocation(2, clerk_, 5));       // 3
  append(authored(3, clerk_));            // 4
  EXPECT_EQ(refusal(authored(4, clerk_)), Errc::key_revoked);
  const auto report = verify_log(*store, verify_options);
  EXPECT_TRUE(report.value().is_sound()) << describe(report.value());
}

TEST_F(SignerRegistryTest, RefusesASignerIdThatIsRegisteredTwice) {
  append(enrolment(1, clerk_, server_));
  EXPECT_EQ(refusal(enrolment(2, clerk_, server_)), Errc::refused);
  append(revocation(3, clerk_, 0));
  EXPECT_EQ(refusal(enrolment(4, clerk_, server_)), Errc::refused);
  EXPECT_EQ(refusal(revocation(5, clerk_, 0)), Errc::refused);
  EXPECT_EQ(refusal(enrolment(6, log_key, server_)), Errc::refused);
  EXPECT_EQ(refusal(revocation(7, colleague_, 0)), Errc::not_found);
  Call twice = enrolment(8, colleague_, server_);
  twice.events.push_back(
      clear_event(8, 1, LeafKind::key, enrolled_body(colleague_, {"append"}), server_));
  EXPECT_EQ(refusal(twice), Errc::refused);
  EXPECT_FALSE(store->find_signer(colleague_.id())) << "a refused call leaves no trace";
}

TEST_F(SignerRegistryTest, RefusesWithoutTheRight) {
  append(enrolment(1, clerk_, server_));
  EXPECT_EQ(refusal(setting(2, clerk_)), Errc::permission_denied) << "not the server";
  Call enrols = enrolment(3, colleague_, server_);
  crypto::Leaf& leaf = enrols.events[0].leaf;
  leaf.flags = crypto::kAuthorSigned;
  leaf.signer_id = clerk_.id();
  leaf.signature = clerk_.sign(crypto::signed_message(test_log(), leaf));
  EXPECT_EQ(refusal(enrols), Errc::permission_denied);
  append(enrolment(4, colleague_, server_, {"enrol"}));
  EXPECT_EQ(refusal(authored(5, colleague_)), Errc::permission_denied);
}

TEST_F(SignerRegistryTest, RefusesAnEnrolmentWithoutProofOfPossession) {
  const auto change = [&](auto&& alter) {
    Bytes message = enrolled_body(clerk_, {"append"}).plaintext.message;
    schema::with_body<schema::SignerEnrolled>(message, [&](auto from) -> Status {
      message = schema::encode_body<schema::SignerEnrolled>([&](auto to) {
        to.setSigner(from.getSigner());
        to.setPublicKey(from.getPublicKey());
        to.setAlgorithm(from.getAlgorithm());
        to.setOwner(from.getOwner());
        to.setProofOfPossession(from.getProofOfPossession());
        alter(to);
      });
      return ok();
    }).value();
    return call_of(clear_event(1, 0, LeafKind::key,
                               clear_body(schema::EventType::signer_enrolled, message), server_));
  };
  const OperatorId other = numbered<OperatorId>(2, 9);
  EXPECT_EQ(refusal(change([&](auto to) { to.setOwner(schema::id_data(other)); })),
            Errc::bad_signature);
  EXPECT_EQ(refusal(change([&](auto to) { to.setPublicKey(schema::data_of(Hash32{})); })),
            Errc::invalid_input);
  EXPECT_EQ(refusal(change([&](auto to) { to.setProofOfPossession(schema::data_of(Hash32{})); })),
            Errc::invalid_input);
  EXPECT_EQ(refusal(change([&](auto to) { to.setAlgorithm("ed25519"); })), Errc::unsupported);
  // Under another kind nobody would look for it.
  EXPECT_EQ(refusal(call_of(clear_event(2, 0, LeafKind::configuration,
                                        enrolled_body(clerk_, {"append"}), server_))),
            Errc::invalid_argument);
  EXPECT_EQ(store->size(), 2u);
}

TEST_F(SignerRegistryTest, KnowsItsSignersAfterAStart) {
  append(enrolment(1, clerk_, server_));
  append(enrolment(2, colleague_, server_));
  append(revocation(3, colleague_, 0));
  reopen();
  append(authored(4, clerk_));
  EXPECT_EQ(refusal(authored(5, colleague_)), Errc::key_revoked);
  ASSERT_TRUE(store->flush());
  reopen();
  append(authored(6, clerk_));
  EXPECT_EQ(refusal(enrolment(7, clerk_, server_)), Errc::refused);
}

TEST_F(SignerRegistryTest, KnowsItsSignersFromTheJournalAlone) {
  append(enrolment(1, clerk_, server_));
  append(revocation(2, clerk_, 0));
  // As a kill leaves it: everything in the journal, nothing in the index.
  const auto copy = root / "copy";
  std::filesystem::copy(dir(), copy, std::filesystem::copy_options::recursive);
  std::filesystem::remove_all(log_path(copy));
  auto opened = Store::open(copy, log_key, clock, options);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(opened.value()->append(authored(3, clerk_)).error().code, Errc::key_revoked);
}

TEST_F(SignerRegistryTest, SeesWhatEarlierCallsOfItsGroupChanged) {
  std::vector<std::future<Result<Receipt>>> answers;
  answers.push_back(store->append_async(enrolment(1, clerk_, server_)));
  answers.push_back(store->append_async(enrolment(2, clerk_, server_)));
  answers.push_back(store->append_async(revocation(3, clerk_, 0)));
  EXPECT_TRUE(answers[0].get());
  EXPECT_EQ(answers[1].get().error().code, Errc::refused);
  EXPECT_TRUE(answers[2].get());
}

TEST_F(SignerRegistryTest, VerifyNamesAKeyEventThatTheIndexLost) {
  append(enrolment(1, clerk_, server_));
  fill_to(20);
  close_flushed();
  tamper([](LogDb&, LogBatch& batch) { batch.remove(Family::keys, position_key(2)); });
  expect_first(verify(), VerifyCheck::signatures, 2);
}

}  // namespace
}  // namespace cartella::store
