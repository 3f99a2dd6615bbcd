#include "disclosure/record_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/local_time.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::CodeList;

class Fields {
 public:
  void add(const char* key, const char* label, std::string value) {
    if (!value.empty()) x_fields.push_back({key, label, std::move(value)});
  }
  void flag(const char* key, const char* label, bool value) {
    if (value) add(key, label, "sì");
  }
  std::vector<Field> take() { return std::move(x_fields); }

 private:
  std::vector<Field> x_fields;
};

std::string period_words(std::int32_t from, std::int32_t to) {
  return joined({from == views::kNoDate ? "" : "dal " + day_words(from),
                 to == views::kNoDate ? "" : "al " + day_words(to)},
                " ");
}

std::string in_brackets(const std::string& value, const std::string& inside) {
  return inside.empty() ? value : fmt::format("{} ({})", value, inside);
}

std::string identifiers_words(const views::PersonRecord& person) {
  std::vector<std::string> all;
  for (const auto& each : person.identifiers)
    all.push_back(in_brackets(identifier_kind_words(each.kind) + " " + each.value,
                              joined({each.issuer.empty() ? "" : "rilasciato da " + each.issuer,
                                      period_words(each.valid_from, each.valid_to),
                                      each.verified ? "verificato" : "non verificato"})));
  return joined(all, "; ");
}

std::string relations_words(const views::PersonRecord& person, Date at) {
  std::vector<std::string> all;
  for (const auto& each : person.relations)
    all.push_back(
        in_brackets(kinship_words(each.role, at), period_words(each.valid_from, each.valid_to)));
  return joined(all, "; ");
}

std::string number_words(std::int64_t number) { return std::to_string(number); }

template <class Label>
std::string labels_words(const std::vector<UnitId>& ids, const Words& words, Label label) {
  std::vector<std::string> all;
  all.reserve(ids.size());
  for (const UnitId& id : ids) all.push_back(label(words, id));
  return joined(all, "; ");
}

Date known_day(std::int32_t days, Date otherwise) {
  return days == views::kNoDate ? otherwise : Date{days};
}

}  // namespace

std::vector<Field> person_fields(const views::PersonRecord& person, Date at) {
  Fields f;
  f.flag("anonymous", "Registrata in forma anonima", person.anonymous);
  f.add("surname", "Cognome", person.surname);
  f.add("name", "Nome", person.name);
  f.add("identifiers", "Identificativi", identifiers_words(person));
  f.add("sex", "Sesso", code_words(CodeList::sex, person.sex, at));
  f.add("birth_date", "Data di nascita", day_words(person.birth_date));
  f.add("birth_place", "Luogo di nascita",
        place_words(person.birth_place, known_day(person.birth_date, at)));
  f.add("death_date", "Data di decesso", day_words(person.death_date));
  f.add("citizenship", "Cittadinanza", code_words(CodeList::citizenship, person.citizenship, at));
  f.add("civil_status", "Stato civile",
        code_words(CodeList::civil_status, person.civil_status, at));
  f.add("comune", "Comune", place_words(person.comune, at));
  f.add("address", "Indirizzo",
        joined({joined({person.street, person.number}, " "), person.detail}));
  f.flag("homeless", "Senza dimora", person.homeless);
  f.add("registry", "Iscrizione anagrafica",
        person.registry_comune.empty() ? std::string()
                                       : joined({place_words(person.registry_comune, at),
                                                 person.registry_matricola.empty()
                                                     ? ""
                                                     : "matricola " + person.registry_matricola}));
  f.add("household", "Famiglia anagrafica",
        joined({person.household_number, kinship_words(person.household_role, at)}));
  f.add("relations", "Rapporti di parentela", relations_words(person, at));
  f.add("phone", "Telefono", person.phone);
  f.add("mobile", "Cellulare", person.mobile);
  f.add("email", "Posta elettronica", person.email);
  return f.take();
}

std::vector<Field> card_fields(const views::CardRecord& card, const Words& words) {
  const Date at{card.access_date};
  Fields f;
  f.add("number", "Numero della scheda", number_words(card.number));
  f.flag("anonymous", "Anonima", card.anonymous);
  f.add("access_date", "Data di accesso", day_words(card.access_date));
  f.add("office", "Ufficio", unit_words(words, card.office));
  f.add("contact_point", "Punto di contatto", card.contact_point);
  f.add("ente", "Ente", unit_words(words, card.ente));
  f.add("operator", "Operatore", worker_words(words, card.operator_id));
  f.add("mode", "Modalità", code_words(CodeList::card_mode, card.mode, at));
  f.add("interlocutor", "Interlocutore",
        code_words(CodeList::card_interlocutor, card.interlocutor, at));
  f.add("motive", "Motivo", code_words(CodeList::card_motive, card.motive, at));
  f.add("motive_text", "Motivo in parole", card.motive_text);
  f.flag("informed", "Informativa data", card.informed);
  f.flag("homeless", "Senza dimora", card.homeless);
  f.add("needs", "Bisogni espressi",
        joined({labels_words(card.needs, words, need_words), card.needs_text}, "; "));
  f.add("services", "Servizi richiesti",
        joined({labels_words(card.services, words, service_words), card.services_text}, "; "));
  f.flag("closed", "Chiusa", card.closed);
  f.add("card_type", "Esito", card.card_type);
  f.flag("taken_in_charge", "Proposta di presa in carico", card.taken_in_charge);
  f.flag("municipal_only", "Solo comunale", card.municipal_only);
  f.flag("complete", "Completa", card.complete);
  f.flag("linked", "Collegata a un caso", !card.case_stream.is_zero());
  f.add("link_state", "Stato del collegamento", link_state_words(card.link_state));
  return f.take();
}

std::vector<Field> case_fields(const views::CaseRecord& record, const Words& words, Date at) {
  std::vector<std::string> categories;
  for (const auto& each : record.categories)
    categories.push_back(
        in_brackets(category_words(words, each.category, at),
                    joined({each.prevalent ? "prevalente" : "", "dal " + day_words(each.since)})));
  std::vector<std::string> workers;
  for (const auto& each : record.operators)
    workers.push_back(
        in_brackets(worker_words(words, each.operator_id),
                    joined({unit_words(words, each.sector), each.responsible ? "responsabile" : "",
                            "dal " + day_words(each.since)})));
  std::vector<std::string> shares;
  for (const auto& each : record.shares)
    shares.push_back(in_brackets(unit_words(words, each.unit), joined(each.sections)));
  Fields f;
  f.add("number", "Numero del caso", number_words(record.number));
  f.add("state", "Stato",
        record.state == views::CaseState::none ? "" : views::case_state_label(record.state));
  f.add("opened_at", "Aperto il",
        record.state_changes == 0 ? "" : time_words(TimeUs{record.opened_at_us}));
  f.add("ente", "Ente", unit_words(words, record.ente));
  f.add("sector", "Settore", unit_words(words, record.sector));
  f.add("categories", "Categorie sociali", joined(categories, "; "));
  f.add("operators", "Operatori", joined(workers, "; "));
  f.add("shares", "Condiviso con", joined(shares, "; "));
  f.add("note", "Nota", record.note);
  return f.take();
}

std::vector<Field> benefit_fields(const views::BenefitRecord& benefit, const Words& words,
                                  Date at) {
  const auto digit = [&](CodeList list, unsigned code) {
    return code == 0 ? std::string() : code_words(list, std::to_string(code), at);
  };
  Fields f;
  f.add("benefit", "Prestazione", benefit_words(benefit.inps_code, benefit.inps_name, at));
  f.add("protocol", "Protocollo",
        joined({benefit.protocol, period_words(benefit.protocol_date, views::kNoDate)}, " "));
  f.add("paying_ente", "Ente erogatore", unit_words(words, benefit.paying_ente));
  f.add("sector", "Settore", unit_words(words, benefit.sector));
  f.add("character", "Carattere", benefit.periodic ? "periodica" : "occasionale");
  f.add("period", "Periodo", period_words(benefit.period_from, benefit.period_to));
  f.add("event_date", "Data dell'evento", day_words(benefit.event_date));
  f.add("means_test", "Prova dei mezzi", digit(CodeList::means_test, benefit.means_test));
  f.add("dsu", "DSU",
        benefit.dsu_number.empty()
            ? std::string()
            : joined({benefit.dsu_number,
                      benefit.dsu_year == 0 ? "" : "anno " + std::to_string(benefit.dsu_year),
                      period_words(benefit.dsu_date, views::kNoDate)}));
  f.add("user_area", "Area di utenza", digit(CodeList::user_area, benefit.user_area));
  f.add("category", "Categoria", category_words(words, benefit.category, at));
  f.add("beneficiary", "Beneficiario",
        code_words(CodeList::beneficiary, benefit.beneficiary_kind, at));
  f.add("closed_on", "Chiusa il", benefit.closed ? day_words(benefit.closed_on) : "");
  f.add("closing_reason", "Motivo della chiusura", benefit.closing_reason);
  f.flag("superseded", "Sostituita da una correzione", !benefit.superseded_by.is_zero());
  return f.take();
}

std::vector<FieldChange> changed_fields(const std::vector<Field>& before,
                                        const std::vector<Field>& after) {
  const auto find = [](const std::vector<Field>& in, const std::string& key) {
    return std::find_if(in.begin(), in.end(), [&](const Field& f) { return f.key == key; });
  };
  std::vector<FieldChange> changes;
  for (const Field& now : after) {
    const auto then = find(before, now.key);
    if (then == before.end())
      changes.push_back({now.key, now.label, "", now.value});
    else if (then->value != now.value)
      changes.push_back({now.key, now.label, then->value, now.value});
  }
  for (const Field& then : before)
    if (find(after, then.key) == after.end())
      changes.push_back({then.key, then.label, then.value, ""});
  return changes;
}

}  // namespace cartella::disclosure
