#include <gtest/gtest.h>

#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

constexpr auto kCodice = "PRVFTZ59A41D653B";
constexpr auto kOtherCodice = "SMPMRA04B29G478M";

IdentifierValue identifier(IdentifierKind kind, std::string value) {
  return {kind, std::move(value), "", {}, {}, true};
}

IdentifierValue internal(std::string value, std::string issuer = "Comune di Prova") {
  return {IdentifierKind::internal, std::move(value), std::move(issuer), {}, {}, true};
}

TEST(DecidePerson, RegistersOnceAndClaimsEveryIdentifierButAliases) {
  World world;
  auto person = person_with("prvftz59a41d653b");
  person.identifiers.push_back(internal("M-17"));
  person.identifiers.push_back(identifier(IdentifierKind::alias, "Nonna"));

  const auto outcome = world.run(person);

  ASSERT_TRUE(outcome);
  const auto& state = world.state<PersonState>(outcome.value().stream);
  EXPECT_EQ(state.subject, outcome.value().subject);
  EXPECT_EQ(state.identifiers.size(), 3u);
  EXPECT_EQ(world.claims().at(identifier_claim(IdentifierKind::cf, kCodice)), state.subject.bytes);
  EXPECT_TRUE(world.claims().contains(
      identifier_claim(IdentifierKind::internal, "M-17", "COMUNE DI PROVA")));
  EXPECT_FALSE(world.claims().contains(identifier_claim(IdentifierKind::alias, "Nonna")));
}

TEST(DecidePerson, RefusesAKnownPersonOrNamesTheStreamThatIsThere) {
  World world;
  const auto first = world.run(person_with(kCodice));
  auto again = person_with(kCodice);

  EXPECT_EQ(world.refusal(again), "known_person");
  again.reuse_known = true;
  const auto outcome = world.run(again);

  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome.value().existing);
  EXPECT_EQ(outcome.value().stream, first.value().stream);
  EXPECT_EQ(outcome.value().subject, first.value().subject);
}

TEST(DecidePerson, AttachesASecondControllerToTheSameSubjectInAStreamOfItsOwn) {
  World world;
  const auto first = world.run(person_with(kCodice));

  const auto second = world.run(person_with(kCodice), world.context(kOtherEnte));

  ASSERT_TRUE(second);
  EXPECT_EQ(second.value().subject, first.value().subject);
  EXPECT_NE(second.value().stream, first.value().stream);
  const RecordContact contact{first.value().stream, "075000000", "", "", ""};
  EXPECT_EQ(world.run(contact, world.context(kOtherEnte)).error().code, Errc::not_found);
}

TEST(DecidePerson, RefusesIdentifiersOfTwoPeople) {
  World world;
  world.must(person_with(kCodice));
  world.must(person_with(kOtherCodice));
  auto both = person_with(kCodice);
  both.identifiers.push_back(identifier(IdentifierKind::cf, kOtherCodice));

  const auto outcome = world.run(both, world.context(kOtherEnte));

  EXPECT_EQ(outcome.error().code, Errc::claim_taken);
}

TEST(DecidePerson, RefusesMalformedIdentifiersWithoutRepeatingThem) {
  World world;
  const auto outcome = world.run(person_with("PRVFTZ59A41D653C"));
  EXPECT_EQ(outcome.error().code, Errc::invalid_input);
  EXPECT_EQ(refusal_code(outcome.error()), "wrong_check_character");
  EXPECT_EQ(outcome.error().detail.find("PRVFTZ"), std::string::npos);
}

TEST(DecidePerson, HoldsAnonymousPeopleToAnAliasAlone) {
  World world;
  RegisterPerson nobody;
  nobody.anonymous = true;
  auto named = anonymous_person("persona 3");
  named.identity.surname = "Provetta";
  auto identified = anonymous_person("persona 3");
  identified.identifiers.push_back(identifier(IdentifierKind::cf, kCodice));

  EXPECT_EQ(world.refusal(nobody), "alias_missing");
  EXPECT_EQ(world.refusal(named), "anonymous_with_identity");
  EXPECT_EQ(world.refusal(identified), "anonymous_with_identity");
  EXPECT_EQ(world.refusal(RegisterPerson{}), "no_identity");

  const StreamId person = world.must(anonymous_person("persona 3"));
  EXPECT_NE(person, world.must(anonymous_person("persona 3")));
  EXPECT_EQ(world.refusal(AddIdentifier{person, identifier(IdentifierKind::cf, kCodice), {}, ""}),
            "anonymous_with_identity");
  EXPECT_EQ(world.refusal(RecordIdentity{person, {"Provetta", "", "", {}, {}, "", "", ""}, ""}),
            "anonymous_with_identity");
}

TEST(DecidePerson, RefusesImpossibleIdentities) {
  World world;
  auto person = person_with(kCodice);
  person.identity.sex = "X";
  EXPECT_EQ(world.refusal(person), "unknown_sex");
  person.identity.sex = "F";
  person.identity.birth_date = Date{kToday.days + 1};
  EXPECT_EQ(world.refusal(person), "future_birth_date");
  person.identity.birth_date = Date{kToday.days - 10};
  person.identity.death_date = Date{kToday.days - 11};
  EXPECT_EQ(world.refusal(person), "death_before_birth");
  person.identity.death_date = Date{kToday.days + 1};
  EXPECT_EQ(world.refusal(person), "future_death_date");
  auto reversed = person_with(kCodice);
  reversed.identifiers[0].valid_from = kToday;
  reversed.identifiers[0].valid_to = Date{kToday.days - 1};
  EXPECT_EQ(world.refusal(reversed), "validity_reversed");
}

TEST(DecidePerson, FreesACorrectedIdentifierButKeepsTheProvisionalOne) {
  World world;
  auto registered = person_with("");
  registered.identifiers.push_back(identifier(IdentifierKind::cf_provisional, "80012345601"));
  const StreamId person = world.must(registered);
  const auto provisional = identifier(IdentifierKind::cf_provisional, "80012345601");
  const auto wrong = identifier(IdentifierKind::cf, kOtherCodice);

  world.must(AddIdentifier{person, wrong, provisional, "definitivo"});
  EXPECT_TRUE(
      world.claims().contains(identifier_claim(IdentifierKind::cf_provisional, "80012345601")));
  world.must(AddIdentifier{person, identifier(IdentifierKind::cf, kCodice), wrong, "errore"});

  EXPECT_FALSE(world.claims().contains(identifier_claim(IdentifierKind::cf, kOtherCodice)));
  EXPECT_TRUE(world.claims().contains(identifier_claim(IdentifierKind::cf, kCodice)));
  EXPECT_EQ(world.refusal(person_with(kOtherCodice)), "");
}

TEST(DecidePerson, RefusesIdentifiersThatAreKnownTakenOrAbsent) {
  World world;
  const StreamId person = world.must(person_with(kCodice));
  world.must(person_with(kOtherCodice));
  const auto own = identifier(IdentifierKind::cf, kCodice);
  const auto taken = identifier(IdentifierKind::cf, kOtherCodice);
  const auto fresh = internal("M-18");

  EXPECT_EQ(world.refusal(AddIdentifier{person, own, {}, ""}), "known_identifier");
  EXPECT_EQ(world.run(AddIdentifier{person, taken, {}, ""}).error().code, Errc::claim_taken);
  EXPECT_EQ(world.refusal(AddIdentifier{person, fresh, taken, ""}), "unknown_identifier");
}

TEST(DecidePerson, ClaimsAnInternalIdentifierWithItsIssuer) {
  World world;
  auto of_one = person_with("");
  of_one.identifiers.push_back(internal("M-17"));
  auto of_other = person_with("");
  of_other.identifiers.push_back(internal("M-17", "Comune Vicino"));
  auto of_nobody = person_with("");
  of_nobody.identifiers.push_back(internal("M-17", " "));

  const StreamId person = world.must(of_one);

  EXPECT_EQ(world.refusal(of_one), "known_person");
  // The same number of another ente is another person.
  EXPECT_EQ(world.refusal(of_other), "");
  EXPECT_EQ(world.refusal(of_nobody), "issuer_missing");
  EXPECT_EQ(
      world.run(AddIdentifier{person, internal("M-17", "Comune Vicino"), {}, ""}).error().code,
      Errc::claim_taken);
  EXPECT_EQ(world.refusal(AddIdentifier{person, internal("M-17", "Terzo Comune"), {}, ""}), "");
  EXPECT_EQ(world.refusal(AddIdentifier{person, internal("M-17", "COMUNE DI PROVA"), {}, ""}),
            "known_identifier");
}

TEST(DecidePerson, FreesAnInternalIdentifierOfItsIssuerAlone) {
  World world;
  auto registered = person_with("");
  registered.identifiers.push_back(internal("M-17"));
  registered.identifiers.push_back(internal("M-17", "Comune Vicino"));
  const StreamId person = world.must(registered);

  world.must(AddIdentifier{person, internal("M-18"), internal("M-17"), "errore"});

  const auto claimed = [&](const char* issuer) {
    return world.claims().contains(identifier_claim(IdentifierKind::internal, "M-17", issuer));
  };
  EXPECT_FALSE(claimed("Comune di Prova"));
  EXPECT_TRUE(claimed("Comune Vicino"));
  EXPECT_EQ(world.state<PersonState>(person).identifiers.size(), 2u);
}

TEST(DecidePerson, RecordsFactsOfKnownPeopleOnly) {
  World world;
  const StreamId person = world.must(person_with(kCodice));
  const StreamId relative = world.must(person_with(kOtherCodice));

  EXPECT_EQ(
      world.refusal(RecordResidence{person, {"A001", "Via", "1", "", false, ""}, "", "", false}),
      "");
  EXPECT_EQ(world.refusal(RecordHousehold{person, "12", "intestatario"}), "");
  EXPECT_EQ(world.refusal(RecordKinship{person, "madre", relative, false}), "");
  EXPECT_EQ(world.refusal(RecordKinship{person, "madre", person, false}), "own_relative");
  EXPECT_EQ(world.refusal(RecordKinship{person, "", relative, false}), "role_missing");
  EXPECT_EQ(world.refusal(RecordDeath{person, Date{kToday.days + 1}}), "future_death_date");
  EXPECT_EQ(world.refusal(RecordRegistryVariation{person, "", "7", {}}), "kind_missing");
  EXPECT_EQ(world.refusal(RecordRegistryVariation{person, "moved", "7", {}}), "");
  EXPECT_EQ(world.run(RecordDeath{id_of<StreamId>(5), kToday}).error().code, Errc::not_found);

  world.must(RecordDeath{person, kToday});
  world.must(RecordIdentity{person, {"Provetta", "Altra", "F", {}, {}, "", "", ""}, ""});
  EXPECT_EQ(world.state<PersonState>(person).death_date, kToday);
}

TEST(DecidePerson, WantsACommandIdAnActorAndAController) {
  World world;
  auto context = world.context();
  context.command_id = {};
  EXPECT_EQ(world.run(person_with(kCodice), context).error().code, Errc::invalid_argument);
  context = world.context();
  context.actor = {};
  EXPECT_EQ(world.run(person_with(kCodice), context).error().code, Errc::invalid_argument);
  context = world.context();
  context.controller = {};
  EXPECT_EQ(world.run(person_with(kCodice), context).error().code, Errc::invalid_argument);
  context = world.context();
  context.valid_from = kToday;
  context.valid_to = Date{kToday.days - 1};
  EXPECT_EQ(world.refusal(person_with(kCodice), context), "validity_reversed");
  context = world.context();
  context.occurred_at.us += 86'400'000'000;
  EXPECT_EQ(world.refusal(person_with(kCodice), context), "future_occurrence");
}

}  // namespace
}  // namespace cartella::cases
