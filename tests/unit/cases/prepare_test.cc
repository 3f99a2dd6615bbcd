// What an author signs, as a page of another maker would check it, and servers that lie.
#include "cases/prepared.h"

#include <functional>
#include <map>

#include "cases/access_month.h"
#include "crypto/box.h"
#include "crypto/hash.h"
#include "schema/body.h"
#include "store/verify.h"
#include "tests/unit/cases/executor_fixture.h"

namespace cartella::cases {
namespace {

// Spelled out from docs/data_formats.md, without the code that seals.
namespace page {

Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes all;
  for (const ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}
Bytes be(std::uint64_t value, std::size_t bytes) {
  Bytes all(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    all[i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
  return all;
}
Bytes padded(const crypto::Plaintext& plain) {
  Bytes all = joined(
      {be(plain.schema_id, 8), be(plain.revision, 4), be(plain.message.size(), 4), plain.message});
  for (const std::size_t step : {256u, 512u, 1024u, 4096u, 16384u, 65536u, 196608u})
    if (all.size() <= step) {
      all.resize(step);
      break;
    }
  return all;
}
Hash32 hash(std::string_view domain, const Bytes& rest) {
  return crypto::sha256_second({as_bytes(domain), ByteView(std::array<std::uint8_t, 1>{0}), rest});
}
// UUIDv8 of the number of an event in its call.
EventId event_id(const EventId& command, std::size_t index) {
  if (index == 0) return command;
  const Hash32 digest = hash("cartella/event-id/1", joined({command.view(), be(index, 4)}));
  EventId id = EventId::from_view(digest);
  id.bytes[6] = static_cast<std::uint8_t>(0x80 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

// The messages to sign; empty where anything is not what it is said to be.
std::vector<Bytes> messages(const Prepared& prepared, const LogId& log, const EventId& command) {
  std::vector<Bytes> all;
  for (std::size_t i = 0; i < prepared.events.size(); ++i) {
    const PreparedEvent& event = prepared.events[i];
    if (event.flags != 1 || event.event_id != event_id(command, i)) return {};
    Bytes commitments = be(event.segments.size(), 2);
    for (const crypto::SegmentPreview& segment : event.segments) {
      const Hash32 commitment =
          hash("cartella/seg/1", joined({segment.salt, segment.owner_key.view(),
                                         be(static_cast<std::uint64_t>(segment.key_class), 1),
                                         padded(segment.plaintext)}));
      if (commitment != segment.commitment) return {};
      commitments.insert(commitments.end(), commitment.begin(), commitment.end());
    }
    const Hash32 body = hash("cartella/body/1", commitments);
    if (body != event.body_commitment) return {};
    Bytes message = joined({as_bytes(std::string_view("cartella/sig/1\0", 15)), log.bytes,
                            be(static_cast<std::uint64_t>(event.kind), 1), be(event.flags, 2),
                            event.event_id.view(), event.stream.view(),
                            be(static_cast<std::uint64_t>(event.expected_revision), 8), body});
    if (!std::equal(message.begin(), message.end(), event.message.begin(), event.message.end()))
      return {};
    all.push_back(std::move(message));
  }
  return all;
}

}  // namespace page

class PrepareTest : public ExecutorTest {
 protected:
  void SetUp() override {
    ExecutorTest::SetUp();
    must(enrolment_of(log->log_id(), author, kWorker));
    person = must(person_with("PRVFTZ59A41D653B")).stream;
  }
  OpenCard card() const {
    OpenCard opening;
    opening.person = person;
    opening.access_date = kToday;
    opening.office = kOffice;
    opening.motive_text = "Chiede un aiuto per la spesa";
    opening.needs = NeedsValue{{kNeed}, ""};
    return opening;
  }
  Prepared prepared(const CommandContext& asked, const Command& command) {
    auto made = executor->prepare(asked, command, author.id());
    if (!made) check_failed(made.error().detail.c_str(), __FILE__, __LINE__, __func__);
    return std::move(made).value();
  }
  std::vector<crypto::Signature> signatures(const Prepared& shown, const CommandContext& asked) {
    std::vector<crypto::Signature> made;
    for (const Bytes& message : page::messages(shown, log->log_id(), asked.command_id))
      made.push_back(author.sign(message));
    return made;
  }
  Result<Outcome> commit(const Prepared& shown, const CommandContext& asked) {
    return executor->commit(asked.actor, shown.token, signatures(shown, asked));
  }
  Errc refusal_of_signer(const SignerId& signer, const Command& command) {
    const auto made = executor->prepare(context(), command, signer);
    return made ? Errc::io : made.error().code;
  }

  crypto::Signer author{seed(9)};
  StreamId person;
};

TEST_F(PrepareTest, CommitsWhatItsAuthorSignedAndItVerifies) {
  const auto asked = context();
  const std::uint64_t before = log->size();
  const Prepared shown = prepared(asked, card());
  EXPECT_EQ(log->size(), before);
  ASSERT_EQ(shown.events.size(), 2u);
  EXPECT_EQ(shown.expires_at.us, clock.wall().us + 60'000'000);

  const auto outcome = commit(shown, asked);

  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome.value().receipt.first_position, before);
  EXPECT_EQ(outcome.value().stream, shown.events[0].stream);
  for (std::uint64_t at = before; at < log->size(); ++at) {
    const crypto::Leaf leaf = log->read(at).value().leaf;
    EXPECT_EQ(leaf.flags, crypto::kAuthorSigned);
    EXPECT_EQ(leaf.signer_id, author.id());
  }
  const auto report = store::verify_log(*log, {}).value();
  EXPECT_TRUE(report.is_sound()) << report.findings.front().detail;
  CloseCard closing;
  closing.card = outcome.value().stream;
  closing.closing = ClosingValue{"1", false, false, true};
  EXPECT_TRUE(executor->execute(context(), closing));
}

TEST_F(PrepareTest, RefusesALieInThePreview) {
  const auto asked = context();
  const Prepared honest = prepared(asked, card());
  ASSERT_EQ(page::messages(honest, log->log_id(), asked.command_id).size(), 2u);
  const std::map<std::string, std::function<void(Prepared&)>> lies = {
      {"text",
       [](Prepared& p) {
         Bytes& message = p.events[0].segments[1].plaintext.message;
         const auto at = std::search(message.begin(), message.end(), std::begin("spesa"),
                                     std::end("spesa") - 1);
         ASSERT_NE(at, message.end());
         *at = 'S';
       }},
      {"header", [](Prepared& p) { p.events[0].segments[0].plaintext.message.back() ^= 1; }},
      {"schema", [](Prepared& p) { ++p.events[0].segments[1].plaintext.schema_id; }},
      {"revision", [](Prepared& p) { ++p.events[0].segments[1].plaintext.revision; }},
      {"class",
       [](Prepared& p) { p.events[0].segments[1].key_class = schema::KeyClass::judicial; }},
      {"owner", [](Prepared& p) { p.events[0].segments[1].owner_key.bytes[3] ^= 1; }},
      {"salt", [](Prepared& p) { p.events[1].segments[1].salt[0] ^= 1; }},
      {"commitment", [](Prepared& p) { p.events[1].segments[1].commitment[0] ^= 1; }},
      {"segment left out", [](Prepared& p) { p.events[1].segments.pop_back(); }},
      {"stream", [](Prepared& p) { p.events[1].stream.bytes[0] ^= 1; }},
      {"expected revision", [](Prepared& p) { ++p.events[0].expected_revision; }},
      {"kind", [](Prepared& p) { p.events[0].kind = schema::LeafKind::key; }},
      {"server-signed", [](Prepared& p) { p.events[0].flags = crypto::kServerSigned; }},
      {"event id", [](Prepared& p) { p.events[1].event_id.bytes[0] ^= 1; }},
      {"order", [](Prepared& p) { std::swap(p.events[0], p.events[1]); }},
  };
  for (const auto& [what, lie] : lies) {
    Prepared shown = honest;
    lie(shown);
    EXPECT_TRUE(page::messages(shown, log->log_id(), asked.command_id).empty()) << what;
  }
}

// The preview is consistent, but the server holds another call in the token.
TEST_F(PrepareTest, RefusesToAppendAnythingButWhatWasShown) {
  const auto asked = context();
  const std::uint64_t before = log->size();
  const Prepared shown = prepared(asked, card());
  OpenCard other = card();
  other.motive_text = "Chiede un aiuto per la casa";
  const Prepared held = prepared(asked, other);
  EXPECT_EQ(executor->commit(asked.actor, held.token, signatures(shown, asked)).error().code,
            Errc::bad_signature);

  auto swapped = signatures(shown, asked);
  std::swap(swapped[0], swapped[1]);
  EXPECT_EQ(executor->commit(asked.actor, shown.token, swapped).error().code, Errc::bad_signature);

  Prepared moved = shown;
  moved.events[0].stream.bytes[0] ^= 1;
  moved.events[0].message[15 + 32 + 3 + 16] ^= 1;
  const auto of_moved = signatures(moved, asked);
  ASSERT_EQ(of_moved.size(), 2u);
  EXPECT_EQ(executor->commit(asked.actor, shown.token, of_moved).error().code, Errc::bad_signature);
  EXPECT_EQ(log->size(), before);
}

TEST_F(PrepareTest, RefusesSignaturesOfAnotherKeyOrNumber) {
  const auto asked = context();
  const Prepared shown = prepared(asked, card());
  const crypto::Signer stranger(seed(10));
  std::vector<crypto::Signature> forged;
  for (const Bytes& message : page::messages(shown, log->log_id(), asked.command_id))
    forged.push_back(stranger.sign(message));
  EXPECT_EQ(executor->commit(asked.actor, shown.token, forged).error().code, Errc::bad_signature);
  forged.pop_back();
  EXPECT_EQ(executor->commit(asked.actor, shown.token, forged).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(executor->commit(asked.actor, shown.token, {}).error().code, Errc::invalid_argument);
}

TEST_F(PrepareTest, LetsAPreviewExpireAfterAMinute) {
  const auto asked = context();
  const Prepared shown = prepared(asked, card());
  const auto signed_by_author = signatures(shown, asked);
  clock.advance_us(60'000'001);
  const auto late = executor->commit(asked.actor, shown.token, signed_by_author);
  EXPECT_EQ(late.error().code, Errc::refused);
  EXPECT_EQ(refusal_code(late.error()), "prepared_expired");
  EXPECT_TRUE(commit(prepared(asked, card()), asked));
}

TEST_F(PrepareTest, RefusesATokenOfAnotherActorOrThatWasChanged) {
  const auto asked = context();
  const Prepared shown = prepared(asked, card());
  const auto signed_by_author = signatures(shown, asked);
  const auto code = [&](const OperatorId& actor, const Bytes& token) {
    const auto outcome = executor->commit(actor, token, signed_by_author);
    return outcome ? std::string() : std::string(refusal_code(outcome.error()));
  };
  EXPECT_EQ(code(kColleague, shown.token), "prepared_unknown");
  for (std::size_t at = 0; at < shown.token.size(); at += 97) {
    Bytes changed = shown.token;
    changed[at] ^= 0x40;
    EXPECT_EQ(code(kWorker, changed), "prepared_unknown") << at;
  }
  EXPECT_EQ(code(kWorker, {}), "prepared_unknown");
  open_executor();  // as after a start, which destroys what no event uses
  EXPECT_EQ(code(kWorker, shown.token), "prepared_unknown");
}

TEST_F(PrepareTest, TakesOnlyAnEnrolledKeyOfTheActorWithTheRightToAppend) {
  const crypto::Signer enroller(seed(11));
  auto enrolment = enrolment_of(log->log_id(), enroller, kWorker);
  enrolment.rights = {"enrol"};
  must(enrolment);
  const crypto::Signer colleague(seed(12));
  must(enrolment_of(log->log_id(), colleague, kColleague));

  EXPECT_EQ(refusal_of_signer(crypto::Signer(seed(13)).id(), card()), Errc::key_revoked);
  EXPECT_EQ(refusal_of_signer(colleague.id(), card()), Errc::permission_denied);
  EXPECT_EQ(refusal_of_signer(enroller.id(), card()), Errc::permission_denied);
  EXPECT_EQ(refusal_of_signer(server.id(), card()), Errc::permission_denied);
  const auto enrols = enrolment_of(log->log_id(), crypto::Signer(seed(14)), kColleague);
  EXPECT_EQ(refusal_of_signer(author.id(), enrols), Errc::permission_denied);
  must(RevokeSigner{author.id(), std::nullopt, "smarrita"});
  EXPECT_EQ(refusal_of_signer(author.id(), card()), Errc::key_revoked);
}

TEST_F(PrepareTest, RefusesAKeyThatWasRevokedAfterThePreview) {
  const auto asked = context();
  const Prepared shown = prepared(asked, card());
  must(RevokeSigner{author.id(), std::nullopt, "smarrita"});
  EXPECT_EQ(commit(shown, asked).error().code, Errc::key_revoked);
}

TEST_F(PrepareTest, NamesTheAuthorAsWhoEnrolledAKey) {
  const crypto::Signer chief(seed(15));
  auto enrolment = enrolment_of(log->log_id(), chief, kWorker);
  enrolment.rights = {"append", "enrol"};
  must(enrolment);
  const crypto::Signer fresh(seed(16));
  const auto asked = context();
  const Prepared shown =
      executor->prepare(asked, enrolment_of(log->log_id(), fresh, kColleague), chief.id()).value();
  std::vector<crypto::Signature> made;
  for (const Bytes& message : page::messages(shown, log->log_id(), asked.command_id))
    made.push_back(chief.sign(message));

  const auto outcome = executor->commit(asked.actor, shown.token, made);

  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(log->find_signer(fresh.id())->owner, kColleague);
  const Status read = schema::with_body<schema::SignerEnrolled>(
      shown.events[0].segments[1].plaintext.message, [&](auto body) -> Status {
        EXPECT_EQ(schema::id_from<SignerId>(body.getEnrolledBy()).value(), chief.id());
        return ok();
      });
  EXPECT_TRUE(read);
}

TEST_F(PrepareTest, AnswersARepeatedCommitWithTheFirstReceiptHoweverLate) {
  const auto asked = context();
  const Prepared shown = prepared(asked, card());
  const auto first = commit(shown, asked).value();
  const std::uint64_t size = log->size();
  clock.advance_us(3'600'000'000);

  const auto again = commit(shown, asked);

  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_TRUE(again.value().duplicate);
  EXPECT_EQ(again.value().receipt.first_position, first.receipt.first_position);
  EXPECT_EQ(again.value().stream, first.stream);
  EXPECT_EQ(again.value().subject, first.subject);
  EXPECT_EQ(log->size(), size);
  const Prepared asked_again = prepared(asked, card());
  ASSERT_TRUE(asked_again.done);
  EXPECT_TRUE(asked_again.done->duplicate);
  EXPECT_EQ(asked_again.done->stream, first.stream);
  EXPECT_TRUE(asked_again.token.empty());
}

TEST_F(PrepareTest, CommitsOneOfTwoPreviewsOfOneCommand) {
  const auto asked = context();
  const Prepared first = prepared(asked, card());
  const Prepared second = prepared(asked, card());
  ASSERT_TRUE(commit(first, asked));
  EXPECT_EQ(commit(second, asked).error().code, Errc::idempotency_conflict);
  EXPECT_EQ(prepared(asked, card()).done->stream, first.events[0].stream);
}

TEST_F(PrepareTest, AnswersAConflictWhenTheStateMovedOn) {
  const StreamId opened = must(OpenCase{person, {}, 7, "", {}, kSector, kWorker}).stream;
  ChangeCaseState change;
  change.case_stream = opened;
  change.state = CaseStatus::preso_in_carico;
  change.worker = kWorker;
  change.sector = kSector;
  const auto asked = context();
  const Prepared shown = prepared(asked, change);
  must(change);
  EXPECT_EQ(commit(shown, asked).error().code, Errc::conflict);
  const auto again = executor->prepare(asked, change, author.id());
  EXPECT_EQ(again.error().code, Errc::illegal_transition);
}

TEST_F(PrepareTest, AnswersAConflictWhenAnIdentifierWasClaimedMeanwhile) {
  const auto asked = context();
  const Prepared shown = prepared(asked, person_with("SMPMRA04B29G478M"));
  must(person_with("SMPMRA04B29G478M"));
  EXPECT_EQ(commit(shown, asked).error().code, Errc::conflict);
  EXPECT_EQ(refusal_of_signer(author.id(), person_with("SMPMRA04B29G478M")), Errc::refused);
  auto reusing = person_with("SMPMRA04B29G478M");
  reusing.reuse_known = true;
  const Prepared known = prepared(context(), reusing);
  ASSERT_TRUE(known.done);
  EXPECT_TRUE(known.done->existing);
}

TEST_F(PrepareTest, AnswersAConflictWhenTheOrganisationChangedUnderADefinition) {
  const DefineNeed need{id_of<NeedId>(50), "Casa", "", true, true};
  const auto asked = context();
  const Prepared shown = prepared(asked, need);
  must(DefineNeed{id_of<NeedId>(51), "Lavoro", "", true, true});
  EXPECT_EQ(commit(shown, asked).error().code, Errc::conflict);
  ASSERT_TRUE(commit(prepared(asked, need), asked));
  EXPECT_TRUE(executor->organisation()->needs.contains(id_of<NeedId>(50)));
}

TEST_F(PrepareTest, AnswersAConflictWhenWhatAllowedTheCommandWasTakenAway) {
  const auto asked = context();
  const Prepared shown = prepared(asked, card());
  const std::uint64_t before = log->size();
  must(DefineOffice{kOffice, "Ufficio", kEnte, true, false, "Sportello", false});
  EXPECT_EQ(commit(shown, asked).error().code, Errc::conflict);
  EXPECT_EQ(log->size(), before + 1);
  EXPECT_EQ(executor->prepare(asked, card(), author.id()).error().code, Errc::refused);
}

// As the first look of a month does, perhaps the one that shows the preview.
TEST_F(PrepareTest, CommitsAlthoughAMonthOfTheAccessLogBegan) {
  const auto asked = context();
  const Prepared shown = prepared(asked, card());
  const AccessMonthName name{controller_of(kEnte), false, month_of(clock.wall()).month};
  auto by_installation = context();
  by_installation.actor = installation_actor();
  const SetConfiguration month{access_month_key(name), vault->new_stream().value().hex()};
  ASSERT_TRUE(executor->execute(by_installation, month));
  const auto outcome = commit(shown, asked);
  EXPECT_TRUE(outcome) << outcome.error().detail;

  const auto later = context();
  const Prepared other = prepared(later, card());
  must(SetConfiguration{"prova", "1"});
  EXPECT_EQ(commit(other, later).error().code, Errc::conflict);
}

TEST_F(PrepareTest, AppendsNothingThatNobodyCouldRead) {
  const auto asked = context();
  const Prepared shown = prepared(asked, card());
  const std::uint64_t before = log->size();
  ASSERT_TRUE(vault->destroy_keys({}, std::array{shown.events[0].stream}));
  EXPECT_EQ(commit(shown, asked).error().code, Errc::erased);
  EXPECT_EQ(log->size(), before);
}

TEST_F(PrepareTest, RefusesACallWhoseTokenNoRequestCouldHold) {
  ExecutorOptions options;
  options.token_bytes_max = 2048;
  auto narrow = Executor::open(*log, *vault, server, clock, codes, options).value();
  EXPECT_EQ(narrow->prepare(context(), card(), author.id()).error().code, Errc::invalid_argument);
}

TEST(SealedBox, OpensOnlyUnderItsKeyWithWhatItIsBoundTo) {
  crypto::start();
  const crypto::Secret32 key(Hash32{1});
  const Bytes box = crypto::seal_box(key, as_bytes("a"), as_bytes("testo"));
  EXPECT_EQ(as_text(crypto::open_box(key, as_bytes("a"), box).value()), "testo");
  EXPECT_NE(box, crypto::seal_box(key, as_bytes("a"), as_bytes("testo")));
  EXPECT_FALSE(crypto::open_box(key, as_bytes("b"), box));
  EXPECT_FALSE(crypto::open_box(crypto::Secret32(Hash32{2}), as_bytes("a"), box));
  for (std::size_t length = 0; length < box.size(); ++length)
    EXPECT_FALSE(crypto::open_box(key, as_bytes("a"), ByteView(box).first(length))) << length;
}

}  // namespace
}  // namespace cartella::cases
