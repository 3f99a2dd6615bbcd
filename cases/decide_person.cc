#include <algorithm>
#include <array>

#include "cases/decide_parts.h"
#include "cases/encode.h"

namespace cartella::cases {

using schema::EventType;

namespace {

Status check_identity(const Deciding& deciding, const IdentityValue& identity) {
  if (!identity.sex.empty() && identity.sex != "M" && identity.sex != "F")
    return refuse("unknown_sex", "il sesso è M, F o assente");
  if (identity.birth_date) {
    CARTELLA_TRY(check_not_future(deciding, *identity.birth_date, "future_birth_date"));
  }
  if (identity.death_date) {
    CARTELLA_TRY(check_not_future(deciding, *identity.death_date, "future_death_date"));
  }
  if (identity.birth_date && identity.death_date && *identity.death_date < *identity.birth_date)
    return refuse("death_before_birth", "il decesso precede la nascita");
  return ok();
}

Status check_anonymity(const RegisterPerson& command) {
  const auto& list = command.identifiers;
  const bool alias = std::any_of(list.begin(), list.end(), [](const IdentifierValue& one) {
    return one.kind == IdentifierKind::alias;
  });
  const bool other = std::any_of(list.begin(), list.end(), [](const IdentifierValue& one) {
    return one.kind != IdentifierKind::alias;
  });
  if (!command.anonymous) {
    if (!other && command.identity.surname.empty())
      return refuse("no_identity", "serve un identificativo o un cognome");
    return ok();
  }
  if (!alias) return refuse("alias_missing", "una persona anonima deve avere uno pseudonimo");
  if (other || !command.identity.surname.empty() || !command.identity.name.empty())
    return refuse("anonymous_with_identity", "una persona anonima non ha nome né identificativi");
  return ok();
}

// The values in their normal form. invalid_input names no value.
Result<std::vector<IdentifierValue>> normalised(std::vector<IdentifierValue> identifiers) {
  for (IdentifierValue& one : identifiers) {
    CARTELLA_TRY(auto parsed, validate_identifier(one.kind, one.value));
    one.value = std::move(parsed.value);
    if (one.kind == IdentifierKind::internal && normalise_identifier(one.issuer).empty())
      return refuse("issuer_missing", "di un codice interno serve l'ente che lo ha assegnato");
    if (one.valid_from && one.valid_to && *one.valid_to < *one.valid_from)
      return refuse("validity_reversed", "la validità finisce prima di cominciare");
  }
  return identifiers;
}

Hash32 digest_of(const IdentifierValue& identifier) {
  return identifier_digest(identifier.kind, identifier.value, identifier.issuer);
}

std::optional<Raw16> holder_of(const Deciding& deciding, const ClaimName& name) {
  const auto at = deciding.state.claims.find(name);
  return at == deciding.state.claims.end() ? std::nullopt : at->second;
}

// The subject that holds one of the identifiers; empty where none is held.
// claim_taken: two subjects hold them.
Result<std::optional<SubjectId>> subject_of(const Deciding& deciding,
                                            const std::vector<IdentifierValue>& identifiers) {
  std::optional<SubjectId> subject;
  for (const IdentifierValue& one : identifiers) {
    if (one.kind == IdentifierKind::alias) continue;
    const auto holder = holder_of(deciding, identifier_claim(one.kind, one.value, one.issuer));
    if (!holder) continue;
    if (subject && subject->bytes != *holder)
      return fail(Errc::claim_taken,
                  "identifiers_of_two_people: gli identificativi sono di due persone diverse");
    subject = SubjectId{*holder};
  }
  return subject;
}

void claim_identifiers(const Deciding& deciding, const std::vector<IdentifierValue>& identifiers,
                       const SubjectId& subject, Decision& decision) {
  for (const IdentifierValue& one : identifiers) {
    if (one.kind == IdentifierKind::alias) continue;
    ClaimName name = identifier_claim(one.kind, one.value, one.issuer);
    if (holder_of(deciding, name)) continue;
    const bool twice = std::any_of(decision.claims.begin(), decision.claims.end(),
                                   [&](const PlannedClaim& claim) { return claim.name == name; });
    if (!twice)
      decision.claims.push_back({store::ClaimOp::Kind::claim, std::move(name), subject.bytes});
  }
}

// Most person commands: one event on the person's stream, whatever else was written meanwhile.
template <class Command>
Result<Decision> one_fact(const Deciding& deciding, EventType type, const Command& command) {
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  const SubjectId& subject = person.state.subject;
  return one_event(subject, subject_event(type, command.person, person.revision, subject,
                                          encode(command, subject)));
}

}  // namespace

Result<Decision> decide_one(const Deciding& deciding, const RegisterPerson& command) {
  CARTELLA_TRY(check_anonymity(command));
  CARTELLA_TRY(check_identity(deciding, command.identity));
  RegisterPerson registered = command;
  CARTELLA_TRY(registered.identifiers, normalised(command.identifiers));
  CARTELLA_TRY(const auto known, subject_of(deciding, registered.identifiers));
  const SubjectId subject = known.value_or(deciding.environment.fresh_subject);
  const ControllerId& controller = deciding.context.controller;

  Decision decision;
  if (known) {
    if (const auto stream = holder_of(deciding, person_claim(controller, subject))) {
      if (!command.reuse_known)
        return refuse("known_person", "la persona è già registrata presso questo titolare");
      decision.subject = subject;
      decision.existing = StreamId{*stream};
      return decision;
    }
  }
  const StreamId& stream = deciding.environment.fresh_stream;
  decision =
      one_event(subject, subject_event(EventType::person_registered, stream, crypto::kExpectNone,
                                       subject, encode(registered, subject)));
  claim_identifiers(deciding, registered.identifiers, subject, decision);
  decision.claims.push_back(
      {store::ClaimOp::Kind::claim, person_claim(controller, subject), stream.bytes});
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const AddIdentifier& command) {
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  AddIdentifier added = command;
  CARTELLA_TRY(auto identifiers, normalised({command.identifier}));
  added.identifier = identifiers[0];
  const IdentifierValue& identifier = added.identifier;
  if (person.state.anonymous && identifier.kind != IdentifierKind::alias)
    return refuse("anonymous_with_identity", "una persona anonima non ha identificativi");
  if (person.state.identifiers.contains(digest_of(identifier)))
    return refuse("known_identifier", "la persona ha già questo identificativo");
  const SubjectId& subject = person.state.subject;
  CARTELLA_TRY(const auto holder, subject_of(deciding, {identifier}));
  if (holder && *holder != subject)
    return fail(Errc::claim_taken, "identifier_taken: l'identificativo è di un'altra persona");

  Decision decision;
  decision.subject = subject;
  claim_identifiers(deciding, {identifier}, subject, decision);
  if (command.replaces) {
    CARTELLA_TRY(auto replaced, normalised({*command.replaces}));
    added.replaces = replaced[0];
    const IdentifierValue& old = replaced[0];
    if (!person.state.identifiers.contains(digest_of(old)))
      return refuse("unknown_identifier", "la persona non ha l'identificativo da sostituire");
    // A correction frees the wrong value for whom it belongs to; a definitive codice does not
    // unmake the provisional one.
    const ClaimName name = identifier_claim(old.kind, old.value, old.issuer);
    const auto held = holder_of(deciding, name);
    if (old.kind == identifier.kind && held && *held == subject.bytes)
      decision.claims.push_back({store::ClaimOp::Kind::release, name, subject.bytes});
  }
  decision.events.push_back(subject_event(EventType::identifier_added, command.person,
                                          person.revision, subject, encode(added, subject)));
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const RecordIdentity& command) {
  CARTELLA_TRY(check_identity(deciding, command.identity));
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  if (person.state.anonymous &&
      (!command.identity.surname.empty() || !command.identity.name.empty()))
    return refuse("anonymous_with_identity", "una persona anonima non ha nome");
  return one_fact(deciding, EventType::identity_recorded, command);
}

Result<Decision> decide_one(const Deciding& deciding, const RecordResidence& command) {
  return one_fact(deciding, EventType::residence_recorded, command);
}

Result<Decision> decide_one(const Deciding& deciding, const RecordHousehold& command) {
  return one_fact(deciding, EventType::household_recorded, command);
}

Result<Decision> decide_one(const Deciding& deciding, const RecordKinship& command) {
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  CARTELLA_TRY(const auto other, find_item<PersonState>(deciding, command.other));
  const SubjectId& subject = person.state.subject;
  if (subject == other.state.subject)
    return refuse("own_relative", "una persona non è parente di se stessa");
  if (command.role.empty()) return refuse("role_missing", "manca il rapporto di parentela");
  return one_event(
      subject, subject_event(EventType::kinship_recorded, command.person, person.revision, subject,
                             encode(command, subject, deciding.state.relative_key)));
}

Result<Decision> decide_one(const Deciding& deciding, const RecordContact& command) {
  return one_fact(deciding, EventType::contact_recorded, command);
}

Result<Decision> decide_one(const Deciding& deciding, const RecordDeath& command) {
  CARTELLA_TRY(check_not_future(deciding, command.death_date, "future_death_date"));
  return one_fact(deciding, EventType::death_recorded, command);
}

Result<Decision> decide_one(const Deciding& deciding, const RecordRegistryVariation& command) {
  if (command.kind.empty()) return refuse("kind_missing", "manca il tipo di variazione");
  return one_fact(deciding, EventType::registry_variation, command);
}

}  // namespace cartella::cases
