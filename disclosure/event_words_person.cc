#include <fmt/format.h>

#include "disclosure/event_words_parts.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;
using schema::text_of;

std::string identifier_words(schema::Identifier::Reader from) {
  const auto kind = static_cast<views::IdentifierKind>(from.getKind());
  return fmt::format("{} {}{}", identifier_kind_words(kind), text_of(from.getValue()),
                     clause(" rilasciato da ", text_of(from.getIssuer())));
}

std::string identity_words(schema::Identity::Reader from, Date at) {
  const std::int32_t birth = from.getBirthDate();
  const Date born{birth == views::kNoDate ? at.days : birth};
  return joined(
      {joined({text_of(from.getSurname()), text_of(from.getName())}, " "),
       clause("sesso: ", code_words(schema::CodeList::sex, text_of(from.getSex()), at)),
       clause("nascita: ",
              joined({day_words(birth), place_words(text_of(from.getBirthPlace()), born)}, ", ")),
       clause("decesso: ", day_words(from.getDeathDate())),
       clause("cittadinanza: ",
              code_words(schema::CodeList::citizenship, text_of(from.getCitizenship()), at)),
       clause("stato civile: ",
              code_words(schema::CodeList::civil_status, text_of(from.getCivilStatus()), at))},
      "; ");
}

Status tell_registered(const views::DecodedEvent& event, Telling& to) {
  return views::with_body_of<schema::PersonRegistered>(event, [&](auto body) -> Status {
    std::vector<std::string> known;
    for (const auto identifier : body.getIdentifiers())
      if (identifier.getValue().size() != 0) known.push_back(identifier_words(identifier));
    const std::string who = body.hasIdentity()
                                ? identity_words(body.getIdentity(), event.effective_date())
                                : std::string();
    to.sentence = fmt::format(
        "{}{}{}{}.",
        body.getAnonymous() ? "Persona registrata in forma anonima" : "Persona registrata",
        clause(": ", who.empty() && known.empty() ? "senza generalità" : who),
        clause("; ", joined(known)),
        clause("; iscritta nell'anagrafe di ",
               place_words(text_of(body.getRegistryComune()), event.effective_date())));
    return ok();
  });
}

Status tell_identifier(const views::DecodedEvent& event, Telling& to) {
  return views::with_body_of<schema::IdentifierAdded>(event, [&](auto body) -> Status {
    const std::string replaced = body.hasReplaces() && body.getReplaces().getValue().size() != 0
                                     ? identifier_words(body.getReplaces())
                                     : std::string();
    to.sentence = fmt::format(
        "Identificativo aggiunto: {}{}{}.", identifier_words(body.getIdentifier()),
        clause(", al posto di ", replaced), clause("; motivo: ", text_of(body.getReason())));
    return ok();
  });
}

Status tell_residence(const views::DecodedEvent& event, Telling& to) {
  return views::with_body_of<schema::ResidenceRecorded>(event, [&](auto body) -> Status {
    const Date at = event.effective_date();
    const auto address = body.getAddress();
    const std::string where =
        joined({joined({text_of(address.getStreet()), text_of(address.getNumber())}, " "),
                text_of(address.getDetail()), place_words(text_of(address.getComune()), at),
                address.getHomeless() ? "senza dimora" : ""});
    to.sentence =
        fmt::format("{}{}{}{}.", body.getLeft() ? "Residenza cessata" : "Residenza registrata",
                    clause(": ", where.empty() ? "nessun indirizzo" : where),
                    clause("; proveniente da ", place_words(text_of(body.getImmigratedFrom()), at)),
                    clause("; trasferita a ", place_words(text_of(body.getEmigratedTo()), at)));
    return ok();
  });
}

Status tell_relations(const views::DecodedEvent& event, Telling& to) {
  if (event.type() == EventType::household_recorded)
    return views::with_body_of<schema::HouseholdRecorded>(event, [&](auto body) -> Status {
      const std::string role = text_of(body.getRole());
      to.sentence =
          fmt::format("Nucleo familiare registrato: famiglia anagrafica n. {}{}.",
                      text_of(body.getHouseholdNumber()),
                      clause("; posizione: ", kinship_words(role, event.effective_date())));
      return ok();
    });
  return views::with_body_of<schema::KinshipRecorded>(event, [&](auto body) -> Status {
    to.sentence =
        fmt::format("Rapporto di parentela {}: {}.", body.getEnded() ? "concluso" : "registrato",
                    kinship_words(text_of(body.getRole()), event.effective_date()));
    return ok();
  });
}

Status tell_contact(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::ContactRecorded>(event, [&](auto body) -> Status {
    const std::string holder = text_of(body.getHolder());
    if (words.audience == Audience::subject && !holder.empty()) {
      to.sentence = "Recapiti registrati, intestati a un'altra persona.";
      to.others = "recapiti intestati a un'altra persona";
      return ok();
    }
    const std::string all = joined({clause("telefono ", text_of(body.getPhone())),
                                    clause("cellulare ", text_of(body.getMobile())),
                                    clause("posta elettronica ", text_of(body.getEmail()))});
    to.sentence = fmt::format("Recapiti registrati: {}{}.", all.empty() ? "nessuno" : all,
                              clause("; intestati a ", holder));
    return ok();
  });
}

Status tell_links(const views::DecodedEvent& event, Telling& to) {
  if (event.type() == EventType::persons_linked)
    return views::with_body_of<schema::PersonsLinked>(event, [&](auto body) -> Status {
      to.sentence = fmt::format("Riconosciuta la stessa persona in due registrazioni{}.",
                                clause("; elementi: ", text_of(body.getEvidence())));
      return ok();
    });
  return views::with_body_of<schema::PersonsUnlinked>(event, [&](auto body) -> Status {
    to.sentence = fmt::format("Tolto il collegamento fra due registrazioni{}.",
                              clause("; motivo: ", text_of(body.getReason())));
    return ok();
  });
}

Status tell_duplicate(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::PossibleDuplicateNoted>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto unit, schema::id_from<UnitId>(body.getNoticedByUnit()));
    const bool told = words.audience == Audience::worker;
    to.sentence = fmt::format(
        "Possibile doppione: la persona è stata registrata di nuovo con {}{}{}.",
        identifier_kind_words(static_cast<views::IdentifierKind>(body.getIdentifierKind())),
        body.getSameController() ? "" : " da un altro ente",
        clause("; unità: ", told ? unit_words(words, unit) : std::string()));
    return ok();
  });
}

}  // namespace

Status tell_person_event(const views::DecodedEvent& event, const Words& words, Telling& to) {
  switch (event.type()) {
    case EventType::person_registered: return tell_registered(event, to);
    case EventType::identifier_added: return tell_identifier(event, to);
    case EventType::identity_recorded:
      return views::with_body_of<schema::IdentityRecorded>(event, [&](auto body) -> Status {
        to.sentence = fmt::format("Generalità registrate: {}{}.",
                                  identity_words(body.getIdentity(), event.effective_date()),
                                  clause("; motivo: ", text_of(body.getReason())));
        return ok();
      });
    case EventType::residence_recorded: return tell_residence(event, to);
    case EventType::household_recorded:
    case EventType::kinship_recorded: return tell_relations(event, to);
    case EventType::contact_recorded: return tell_contact(event, words, to);
    case EventType::death_recorded:
      return views::with_body_of<schema::DeathRecorded>(event, [&](auto body) -> Status {
        to.sentence = fmt::format("Registrato il decesso{}.",
                                  clause(" del ", day_words(body.getDeathDate())));
        return ok();
      });
    case EventType::registry_variation:
      return views::with_body_of<schema::RegistryVariation>(event, [&](auto body) -> Status {
        to.sentence = fmt::format("Variazione nell'anagrafe comunale: {}.",
                                  variation_words(text_of(body.getKind())));
        return ok();
      });
    case EventType::persons_linked:
    case EventType::persons_unlinked: return tell_links(event, to);
    case EventType::pseudonym_assigned:
      return views::with_body_of<schema::PseudonymAssigned>(event, [&](auto body) -> Status {
        to.sentence = fmt::format("Assegnato uno pseudonimo per {}.", text_of(body.getScope()));
        return ok();
      });
    case EventType::possible_duplicate_noted: return tell_duplicate(event, words, to);
    default: return ok();
  }
}

}  // namespace cartella::disclosure
