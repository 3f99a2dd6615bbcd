#include "ops/registry_facts.h"

#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::ops {

namespace {

using schema::EventType;

constexpr std::size_t kReadEvents = 256;
constexpr std::string_view kVariation = "variazione anagrafica";
constexpr std::string_view kFirstFacts = "prima lettura dell'anagrafe";

cases::IdentityValue identity_from(schema::Identity::Reader reader) {
  cases::IdentityValue identity;
  identity.surname = schema::text_of(reader.getSurname());
  identity.name = schema::text_of(reader.getName());
  identity.sex = schema::text_of(reader.getSex());
  identity.birth_date = schema::date_from(reader.getBirthDate());
  identity.death_date = schema::date_from(reader.getDeathDate());
  identity.birth_place = schema::text_of(reader.getBirthPlace());
  identity.citizenship = schema::text_of(reader.getCitizenship());
  identity.civil_status = schema::text_of(reader.getCivilStatus());
  return identity;
}

cases::AddressValue address_from(schema::Address::Reader reader) {
  cases::AddressValue address;
  address.comune = schema::text_of(reader.getComune());
  address.street = schema::text_of(reader.getStreet());
  address.number = schema::text_of(reader.getNumber());
  address.detail = schema::text_of(reader.getDetail());
  address.homeless = reader.getHomeless();
  address.municipal_code = schema::text_of(reader.getMunicipalCode());
  return address;
}

void take_identifier(schema::Identifier::Reader identifier, RegistryFacts& facts) {
  if (identifier.getKind() == schema::IdentifierKind::CF)
    facts.codice_fiscale = schema::text_of(identifier.getValue());
}

Status fold_body(const schema::HeaderView& header, ByteView body, RegistryFacts& facts) {
  switch (header.type) {
    case EventType::person_registered:
      return schema::with_body<schema::PersonRegistered>(body, [&](auto reader) -> Status {
        facts.registered = true;
        facts.identity = identity_from(reader.getIdentity());
        for (const auto identifier : reader.getIdentifiers()) take_identifier(identifier, facts);
        return ok();
      });
    case EventType::identifier_added:
      return schema::with_body<schema::IdentifierAdded>(body, [&](auto reader) -> Status {
        take_identifier(reader.getIdentifier(), facts);
        return ok();
      });
    case EventType::identity_recorded:
      return schema::with_body<schema::IdentityRecorded>(body, [&](auto reader) -> Status {
        facts.registered = true;
        facts.identity = identity_from(reader.getIdentity());
        // First facts were found under the codice that was known, and write none of their own.
        if (facts.codice_fiscale.empty()) facts.codice_fiscale = facts.known_codice_fiscale;
        return ok();
      });
    case EventType::residence_recorded:
      return schema::with_body<schema::ResidenceRecorded>(body, [&](auto reader) -> Status {
        facts.residence = address_from(reader.getAddress());
        facts.left = reader.getLeft();
        facts.resident_from = header.valid_from;
        return ok();
      });
    case EventType::household_recorded:
      return schema::with_body<schema::HouseholdRecorded>(body, [&](auto reader) -> Status {
        facts.household = schema::text_of(reader.getHouseholdNumber());
        facts.kinship = schema::text_of(reader.getRole());
        return ok();
      });
    case EventType::death_recorded:
      return schema::with_body<schema::DeathRecorded>(body, [&](auto reader) -> Status {
        facts.identity.death_date = schema::date_from(reader.getDeathDate());
        return ok();
      });
    default: return ok();
  }
}

// Who the person is by any source.
Status fold_known(const schema::HeaderView& header, ByteView body, RegistryFacts& facts) {
  const auto take = [&](schema::Identifier::Reader identifier) {
    if (identifier.getKind() == schema::IdentifierKind::CF)
      facts.known_codice_fiscale = schema::text_of(identifier.getValue());
  };
  switch (header.type) {
    case EventType::person_registered:
      return schema::with_body<schema::PersonRegistered>(body, [&](auto reader) -> Status {
        facts.known = identity_from(reader.getIdentity());
        for (const auto identifier : reader.getIdentifiers()) take(identifier);
        return ok();
      });
    case EventType::identifier_added:
      return schema::with_body<schema::IdentifierAdded>(body, [&](auto reader) -> Status {
        take(reader.getIdentifier());
        return ok();
      });
    case EventType::identity_recorded:
      return schema::with_body<schema::IdentityRecorded>(body, [&](auto reader) -> Status {
        facts.known = identity_from(reader.getIdentity());
        return ok();
      });
    case EventType::death_recorded:
      return schema::with_body<schema::DeathRecorded>(body, [&](auto reader) -> Status {
        facts.known.death_date = schema::date_from(reader.getDeathDate());
        return ok();
      });
    default: return ok();
  }
}

Status fold(const crypto::OpenedEvent& event, RegistryFacts& facts) {
  if (event.segments.size() < 2) return ok();
  for (const auto& segment : event.segments)
    if (!segment.available) return fail(Errc::erased, "the keys of a person are gone");
  CARTELLA_TRY(const auto header, schema::decode_header(event.segments[0].plaintext.message));
  CARTELLA_TRY(fold_known(header, event.segments[1].plaintext.message, facts));
  if (header.source != "registry") return ok();
  return fold_body(header, event.segments[1].plaintext.message, facts);
}

bool same_name(const cases::IdentityValue& known, const store::Resident& record) {
  return known.surname == record.surname && known.name == record.name && known.sex == record.sex &&
         known.birth_date == record.birth_date && known.birth_place == record.birth_place;
}

// The registry has no code of the citizenship, so the known one stays.
cases::RecordIdentity identity_of(const StreamId& person, const std::string& citizenship,
                                  const store::Resident& record, std::string_view reason) {
  cases::RecordIdentity command;
  command.person = person;
  command.identity = {record.surname,    record.name,        record.sex,  record.birth_date,
                      record.death_date, record.birth_place, citizenship, record.civil_status};
  command.reason = reason;
  return command;
}

cases::RecordIdentity varied_identity(const StreamId& person, const RegistryFacts& facts,
                                      const store::Resident& record) {
  return identity_of(person, facts.identity.citizenship, record, kVariation);
}

cases::AddIdentifier codice_of(const StreamId& person, const std::string& before,
                               const store::Resident& record, std::string_view reason) {
  cases::AddIdentifier command;
  command.person = person;
  command.identifier = {cases::IdentifierKind::cf, record.codice_fiscale, "", {}, {}, true};
  if (!before.empty()) command.replaces = {cases::IdentifierKind::cf, before, "", {}, {}, true};
  command.reason = reason;
  return command;
}

// A person may stand in two registers for a while: the address that began last is the true one,
// and only the comune of the known address can say that the person left it.
bool has_moved(const RegistryFacts& facts, const store::Resident& record) {
  const bool left = record.emigrated_on.has_value();
  if (!facts.residence) return !left;
  const cases::AddressValue& known = *facts.residence;
  if (known.comune == record.comune)
    return known.municipal_code != record.street_code || known.number != record.number ||
           facts.left != left;
  if (left || !record.resident_from) return false;
  if (!facts.resident_from || *record.resident_from > *facts.resident_from) return true;
  // Who left one comune on the day on which another took them in has moved there.
  return facts.left && *record.resident_from == *facts.resident_from;
}

RegistryVariationFact residence_of(const StreamId& person, const store::Resident& record,
                                   const std::string& street) {
  cases::RecordResidence command;
  command.person = person;
  command.address.comune = record.comune;
  command.address.street = street;
  command.address.number = record.number;
  command.address.municipal_code = record.street_code;
  command.immigrated_from = record.immigrated_from;
  command.emigrated_to = record.emigrated_to;
  command.left = record.emigrated_on.has_value();
  return {RegistryVariationKind::moved, command,
          command.left ? record.emigrated_on : record.resident_from};
}

}  // namespace

std::string_view variation_name(RegistryVariationKind kind) {
  switch (kind) {
    case RegistryVariationKind::moved: return "moved";
    case RegistryVariationKind::died: return "died";
    case RegistryVariationKind::household: return "household";
    case RegistryVariationKind::name: return "name";
    case RegistryVariationKind::codice_fiscale: return "codice_fiscale";
    case RegistryVariationKind::civil_status: return "civil_status";
  }
  return "";
}

Result<RegistryFacts> registry_facts(const store::Store& store, crypto::SegmentKeys& keys,
                                     const StreamId& person) {
  RegistryFacts facts;
  std::uint64_t revision = 0;
  while (true) {
    CARTELLA_TRY(const auto events, store.read_stream(person, revision, kReadEvents));
    for (const crypto::StoredEvent& event : events) {
      CARTELLA_TRY(const auto opened, crypto::open_event(store.eras(), keys, event));
      CARTELLA_TRY(fold(opened, facts));
    }
    if (events.size() < kReadEvents) return facts;
    revision += events.size();
  }
}

std::vector<RegistryVariationFact> variations_of(const StreamId& person, const RegistryFacts& facts,
                                                 const store::Resident& record,
                                                 const std::string& street) {
  std::vector<RegistryVariationFact> result;
  if (!facts.registered) return result;
  using Kind = RegistryVariationKind;
  if (!record.codice_fiscale.empty() && record.codice_fiscale != facts.codice_fiscale) {
    result.push_back(
        {Kind::codice_fiscale, codice_of(person, facts.codice_fiscale, record, kVariation), {}});
  }
  if (!same_name(facts.identity, record))
    result.push_back({Kind::name, varied_identity(person, facts, record), {}});
  else if (facts.identity.civil_status != record.civil_status)
    result.push_back({Kind::civil_status, varied_identity(person, facts, record), {}});
  if (record.death_date && facts.identity.death_date != record.death_date)
    result.push_back(
        {Kind::died, cases::RecordDeath{person, *record.death_date}, record.death_date});
  const bool moves = has_moved(facts, record);
  if (moves) result.push_back(residence_of(person, record, street));
  const bool is_home = moves || (facts.residence && facts.residence->comune == record.comune);
  if (is_home && !record.household.empty() &&
      (record.household != facts.household || record.kinship != facts.kinship))
    result.push_back(
        {Kind::household, cases::RecordHousehold{person, record.household, record.kinship}, {}});
  return result;
}

std::vector<RegistryVariationFact> first_facts_of(const StreamId& person,
                                                  const RegistryFacts& facts,
                                                  const store::Resident& record,
                                                  const std::string& street) {
  std::vector<RegistryVariationFact> result;
  if (facts.registered) return result;
  using Kind = RegistryVariationKind;
  if (!record.codice_fiscale.empty() && record.codice_fiscale != facts.known_codice_fiscale)
    result.push_back({Kind::codice_fiscale,
                      codice_of(person, facts.known_codice_fiscale, record, kFirstFacts),
                      {}});
  if (record.death_date && facts.known.death_date != record.death_date)
    result.push_back(
        {Kind::died, cases::RecordDeath{person, *record.death_date}, record.death_date});
  result.push_back(residence_of(person, record, street));
  if (!record.household.empty())
    result.push_back(
        {Kind::household, cases::RecordHousehold{person, record.household, record.kinship}, {}});
  result.push_back(
      {Kind::name, identity_of(person, facts.known.citizenship, record, kFirstFacts), {}});
  return result;
}

}  // namespace cartella::ops
