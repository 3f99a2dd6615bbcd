#include <algorithm>

#include "projections/apply.h"
#include "projections/person_index.h"

namespace cartella::projections {
namespace {

using schema::EventType;
using schema::id_from;
using schema::text_of;

PersonIdentifier identifier_from(schema::Identifier::Reader from) {
  return {static_cast<IdentifierKind>(from.getKind()),
          text_of(from.getValue()),
          text_of(from.getIssuer()),
          from.getValidFrom(),
          from.getValidTo(),
          from.getVerified()};
}

bool same_identifier(const PersonIdentifier& a, const PersonIdentifier& b) {
  return a.kind == b.kind && a.value == b.value;
}

void set_identity(PersonRecord& person, schema::Identity::Reader from) {
  person.surname = text_of(from.getSurname());
  person.name = text_of(from.getName());
  person.sex = text_of(from.getSex());
  person.birth_date = from.getBirthDate();
  person.death_date = from.getDeathDate();
  person.birth_place = text_of(from.getBirthPlace());
  person.citizenship = text_of(from.getCitizenship());
  person.civil_status = text_of(from.getCivilStatus());
}

Status fold_registered(PersonRecord& person, const DecodedEvent& event) {
  return with_body_of<schema::PersonRegistered>(event, [&](auto body) -> Status {
    CARTELLA_TRY(person.subject, id_from<SubjectId>(body.getSubject()));
    person.controller = event.header.controller;
    person.anonymous = body.getAnonymous();
    person.identifiers.clear();
    for (const auto identifier : body.getIdentifiers())
      if (identifier.getValue().size() != 0)
        person.identifiers.push_back(identifier_from(identifier));
    if (body.hasIdentity()) set_identity(person, body.getIdentity());
    person.registry_comune = text_of(body.getRegistryComune());
    person.registry_matricola = text_of(body.getRegistryMatricola());
    if (person.comune.empty()) person.comune = person.registry_comune;
    return ok();
  });
}

Status fold_identifier(PersonRecord& person, const DecodedEvent& event) {
  return with_body_of<schema::IdentifierAdded>(event, [&](auto body) -> Status {
    const PersonIdentifier added = identifier_from(body.getIdentifier());
    std::erase_if(person.identifiers,
                  [&](const PersonIdentifier& known) { return same_identifier(known, added); });
    if (body.hasReplaces()) {
      const PersonIdentifier replaced = identifier_from(body.getReplaces());
      std::erase_if(person.identifiers, [&](const PersonIdentifier& known) {
        return same_identifier(known, replaced);
      });
    }
    if (!added.value.empty()) person.identifiers.push_back(added);
    return ok();
  });
}

Status fold_residence(PersonRecord& person, const DecodedEvent& event) {
  return with_body_of<schema::ResidenceRecorded>(event, [&](auto body) -> Status {
    const auto address = body.getAddress();
    person.comune =
        text_of(body.getLeft() && body.getEmigratedTo().size() != 0 ? body.getEmigratedTo()
                                                                    : address.getComune());
    person.street = text_of(address.getStreet());
    person.number = text_of(address.getNumber());
    person.detail = text_of(address.getDetail());
    person.homeless = address.getHomeless();
    return ok();
  });
}

Status fold_contact(PersonRecord& person, const DecodedEvent& event) {
  return with_body_of<schema::ContactRecorded>(event, [&](auto body) -> Status {
    person.phone = text_of(body.getPhone());
    person.mobile = text_of(body.getMobile());
    person.email = text_of(body.getEmail());
    return ok();
  });
}

// Said again, the validity is corrected; an end without a beginning that is known tells nothing.
Status fold_kinship(PersonRecord& person, const DecodedEvent& event) {
  return with_body_of<schema::KinshipRecorded>(event, [&](auto body) -> Status {
    PersonRelation said;
    said.role = text_of(body.getRole());
    CARTELLA_TRY(said.other_key, id_from<KeyId>(body.getOtherKey()));
    const auto open = std::find_if(person.relations.begin(), person.relations.end(),
                                   [&](const PersonRelation& known) {
                                     return known.valid_to == kNoDate && known.role == said.role &&
                                            known.other_key == said.other_key;
                                   });
    const auto until = event.header.valid_to;
    if (body.getEnded()) {
      if (open != person.relations.end())
        open->valid_to = until.value_or(event.effective_date()).days;
      return ok();
    }
    said.valid_from = event.effective_date().days;
    if (until) said.valid_to = until->days;
    if (open != person.relations.end())
      *open = said;
    else
      person.relations.push_back(said);
    return ok();
  });
}

}  // namespace

std::string_view identifier_kind_name(IdentifierKind kind) {
  switch (kind) {
    case IdentifierKind::cf: return "cf";
    case IdentifierKind::cf_provisional: return "cf_provisional";
    case IdentifierKind::stp: return "stp";
    case IdentifierKind::eni: return "eni";
    case IdentifierKind::internal: return "internal";
    case IdentifierKind::alias: return "alias";
  }
  return "other";
}

bool is_person_event(schema::EventType type) {
  switch (type) {
    case EventType::person_registered:
    case EventType::identifier_added:
    case EventType::identity_recorded:
    case EventType::residence_recorded:
    case EventType::household_recorded:
    case EventType::kinship_recorded:
    case EventType::contact_recorded:
    case EventType::death_recorded: return true;
    default: return false;
  }
}

Status fold_person(PersonRecord& person, const DecodedEvent& event) {
  switch (event.type()) {
    case EventType::person_registered: return fold_registered(person, event);
    case EventType::identifier_added: return fold_identifier(person, event);
    case EventType::identity_recorded:
      return with_body_of<schema::IdentityRecorded>(event, [&](auto body) -> Status {
        // A death is known by its own event too; a later identity without it does not undo it.
        const std::int32_t death_date = person.death_date;
        set_identity(person, body.getIdentity());
        if (person.death_date == kNoDate) person.death_date = death_date;
        return ok();
      });
    case EventType::residence_recorded: return fold_residence(person, event);
    case EventType::household_recorded:
      return with_body_of<schema::HouseholdRecorded>(event, [&](auto body) -> Status {
        person.household_number = text_of(body.getHouseholdNumber());
        person.household_role = text_of(body.getRole());
        return ok();
      });
    case EventType::kinship_recorded: return fold_kinship(person, event);
    case EventType::contact_recorded: return fold_contact(person, event);
    case EventType::death_recorded:
      return with_body_of<schema::DeathRecorded>(event, [&](auto body) -> Status {
        person.death_date = body.getDeathDate();
        return ok();
      });
    default: return ok();
  }
}

}  // namespace cartella::projections
