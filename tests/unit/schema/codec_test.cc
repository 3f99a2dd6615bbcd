#include "schema/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "schema/body.h"
#include "schema/schema_text.h"

namespace cartella::schema {
namespace {

template <class Id>
Id id_of(std::uint8_t value) {
  Id id;
  id.bytes.fill(value);
  return id;
}

HeaderView whole_header() {
  HeaderView header;
  header.type = EventType::card_opened;
  header.batch_id = id_of<BatchId>(1);
  header.controller = id_of<ControllerId>(2);
  header.occurred_at = TimeUs{1'700'000'000'000'000};
  header.valid_from = Date{0};
  header.valid_to = Date{-5};
  header.actor = id_of<OperatorId>(3);
  header.on_behalf_of = id_of<OperatorId>(4);
  header.role = "assistente sociale";
  header.unit = id_of<UnitId>(5);
  header.purpose = "presa in carico";
  header.legal_basis = "L. 328/2000";
  header.legal_basis_confirmed = true;
  header.source = "persona";
  header.correlation = id_of<EventId>(6);
  header.causation = id_of<EventId>(7);
  header.command_digest = Hash32{9};
  header.external_refs = {{"SISO", "SS_SCHEDA", "12"}, {"SISO", "SS_ANAGRAFICA", "7"}};
  header.subject = id_of<SubjectId>(8);
  header.app_version = "0.1.0";
  return header;
}

TEST(Header, ComesBackAsItWasWritten) {
  const HeaderView header = whole_header();
  EXPECT_EQ(decode_header(encode_header(header)).value(), header);
  HeaderView empty;
  empty.type = EventType::genesis;
  EXPECT_EQ(decode_header(encode_header(empty)).value(), empty);
}

TEST(Header, HasNullPointersForWhatIsAbsent) {
  HeaderView few;
  few.type = EventType::note_recorded;
  few.purpose = "x";
  few.external_refs = {{"", "", "12"}};
  const Bytes message = encode_header(few);
  const Status read = with_body<EventHeader>(message, [](EventHeader::Reader from) -> Status {
    EXPECT_FALSE(from.hasBatchId());
    EXPECT_FALSE(from.hasController());
    EXPECT_FALSE(from.hasRole());
    EXPECT_FALSE(from.hasSubject());
    EXPECT_TRUE(from.hasPurpose());
    EXPECT_FALSE(from.getExternalRefs()[0].hasSystem());
    EXPECT_EQ(from.getOccurredAt(), K_NO_TIME);
    return ok();
  });
  EXPECT_TRUE(read);
}

TEST(Body, HasOneEncodingOfWhatIsAbsentAtEveryDepth) {
  const auto encode = [](auto fill) {
    return encode_body<PersonRegistered>([&](PersonRegistered::Builder to) {
      to.setAnonymous(true);
      fill(to);
    });
  };
  const Bytes bare = encode([](PersonRegistered::Builder) {});

  EXPECT_EQ(encode([](PersonRegistered::Builder to) {
              const Bytes zeros(16);
              to.setSubject(data_of(zeros));
              to.initIdentifiers(0);
              to.initIdentity().setSurname("");
              to.setRegistryComune("");
            }),
            bare);
  EXPECT_NE(encode([](PersonRegistered::Builder to) { to.initIdentifiers(1)[0].setValue(""); }),
            bare)
      << "an identifier of nothing is one all the same";
}

TEST(Body, IsRefusedWhereItIsNotCanonical) {
  const Bytes message = encode_body<ItemVoided>([](ItemVoided::Builder to) {
    to.setItem(data_of(id_of<EventId>(1).view()));
    to.setReason("perch\u00e9");
  });
  const auto code_of = [](ByteView bytes) {
    const Status read = with_body<ItemVoided>(bytes, [](auto) -> Status { return ok(); });
    return read ? std::optional<Errc>() : std::optional(read.error().code);
  };
  ASSERT_EQ(code_of(message), std::nullopt);
  Bytes longer = message;
  longer.resize(longer.size() + 8);
  EXPECT_EQ(code_of(longer), Errc::invalid_input) << "a word that nothing names";
  longer.back() = 1;
  EXPECT_EQ(code_of(longer), Errc::invalid_input);
}

TEST(Header, HasOneCanonicalForm) {
  EXPECT_EQ(encode_header(whole_header()), encode_header(whole_header()));
  EXPECT_EQ(encode_header(whole_header()).size() % 8, 0u);
}

TEST(Header, RefusesBytesThatAreNoMessage) {
  EXPECT_EQ(decode_header({}).error().code, Errc::invalid_input);
  EXPECT_EQ(decode_header(Bytes(9)).error().code, Errc::invalid_input);
  // A struct pointer far beyond the end.
  EXPECT_EQ(decode_header(Bytes{0xFC, 0xFF, 0xFF, 0x7F, 0xFF, 0, 0xFF, 0}).error().code,
            Errc::invalid_input);
  const Bytes whole = encode_header(whole_header());
  for (std::size_t size = 8; size < whole.size(); size += 8) {
    const auto cut = decode_header(ByteView(whole).first(size));
    if (!cut) {
      EXPECT_EQ(cut.error().code, Errc::invalid_input);
    }
  }
}

TEST(Header, ReadsFromAnyAddress) {
  const Bytes whole = encode_header(whole_header());
  Bytes shifted(1);
  shifted.insert(shifted.end(), whole.begin(), whole.end());
  EXPECT_EQ(decode_header(ByteView(shifted).subspan(1)).value(), whole_header());
}

TEST(Header, RefusesAnIdOfAWrongLength) {
  const Bytes message = encode_body<EventHeader>([](auto to) { to.initActor(15); });
  EXPECT_EQ(decode_header(message).error().code, Errc::invalid_input);
  const Bytes digest = encode_body<EventHeader>([](auto to) { to.initCommandDigest(31); });
  EXPECT_EQ(decode_header(digest).error().code, Errc::invalid_input);
}

RC_GTEST_PROP(Header, NeverFailsBadlyOnDamagedBytes, ()) {
  Bytes bytes = encode_header(whole_header());
  const int changes = *rc::gen::inRange(1, 10);
  for (int i = 0; i < changes; ++i)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
  const auto decoded = decode_header(bytes);
  if (!decoded) RC_ASSERT(decoded.error().code == Errc::invalid_input);
}

TEST(SchemaText, StandsForEveryTypeAndNamesWhatItRefersTo) {
  for (const TypeInfo& info : event_types()) {
    const std::string text = schema_text(info.schema_id);
    EXPECT_TRUE(text.starts_with("struct " + std::string(info.name) + " @0x")) << info.name;
  }
  const std::string person = schema_text(find_type(EventType::person_registered)->schema_id);
  EXPECT_NE(person.find("identifiers @2 :List(Identifier);"), std::string::npos);
  EXPECT_NE(person.find("enum IdentifierKind"), std::string::npos);
  EXPECT_NE(person.find("birthDate @3 :Int32 = -2147483648;"), std::string::npos);
  EXPECT_TRUE(schema_text(kHeaderSchemaId).starts_with("struct EventHeader @0x"));
  EXPECT_EQ(schema_text(1), "");
}

}  // namespace
}  // namespace cartella::schema
