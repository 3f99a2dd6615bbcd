#include <algorithm>

#include "base/local_time.h"
#include "ops/import_reading.h"
#include "schema/code_lists.h"

namespace cartella::ops {

namespace {

constexpr std::string_view kCards = "SS_SCHEDA";
constexpr std::string_view kSubjects = "SS_SCHEDA_SEGNALATO";

struct CardTables {
  ImportTable cards;
  ImportTable accesses;
  ImportTable subjects;
  ImportTable needs_parts;
  ImportTable service_parts;
  ImportTable types;
  ImportTable points;
  // Links by the part they belong to: indices of needs and services, kNoIndex for an unknown one.
  std::unordered_map<RowId, std::vector<Index>> needs;
  std::unordered_map<RowId, std::vector<Index>> services;
};

struct LinkColumns {
  std::string_view table;
  std::string_view part;
  std::string_view target;
};

// A link names a part of a card and a need or service. One whose part is in no file is an orphan;
// one whose target is unknown condemns its card.
Status read_links(Reading& reading, const LinkColumns& columns, const ImportTable& parts,
                  const IndexOf& targets, std::unordered_map<RowId, std::vector<Index>>& links) {
  CARTELLA_TRY(const auto table,
               reading.load(columns.table, "ID", {"ID", columns.part, columns.target}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    const Field<RowId> part = table.id(row, columns.part);
    const SourceRef ref{columns.table, table.key(row), table.line(row)};
    if (!parts.find(part)) {
      reading.refuse(ref, "orphan");
      continue;
    }
    std::vector<Index>& of_part = links[*part.value];
    const Index target = find_index(targets, table.id(row, columns.target));
    if (target != kNoIndex && std::ranges::find(of_part, target) != of_part.end())
      reading.warn(ref, "repeated_link");
    else
      of_part.push_back(target);
  }
  return ok();
}

Result<CardTables> load_tables(Reading& reading) {
  CardTables t;
  CARTELLA_TRY(t.cards,
               reading.load(kCards, "ID", {"ID", "IDENTIFICATIVO", "ACCESSO_ID", "SEGNALATO_ID"}));
  CARTELLA_TRY(t.accesses, reading.load("SS_SCHEDA_ACCESSO", "ID",
                                        {"ID", "DATA", "MODALITA", "REL_UPO_UFFICIO_ID",
                                         "REL_UPO_ORGANIZZAZIONE_ID"}));
  CARTELLA_TRY(t.subjects, reading.load(kSubjects, "ID", {"ID", "ANAGRAFICA_ID"}));
  CARTELLA_TRY(t.needs_parts, reading.load("SS_SCHEDA_MOTIVAZIONE", "ID", {"ID"}, true));
  CARTELLA_TRY(t.service_parts, reading.load("SS_SCHEDA_INTERVENTI", "ID", {"ID"}, true));
  CARTELLA_TRY(t.types, reading.load("SS_TIPO_SCHEDA", "ID", {"ID", "TIPO"}, true));
  CARTELLA_TRY(t.points, reading.load("SS_PUNTO_CONTATTO", "ID", {"ID", "NOME"}, true));
  CARTELLA_TRY(read_links(reading,
                          {"SS_MOTIVAZIONI_SCHEDE", "SCHEDA_MOTIVAZIONE_ID", "MOTIVAZIONE_ID"},
                          t.needs_parts, reading.needs, t.needs));
  CARTELLA_TRY(read_links(reading,
                          {"SS_INTERVENTI_SCHEDE", "SCHEDA_INTERVENTI_ID", "INTERVENTO_ID"},
                          t.service_parts, reading.services, t.services));
  return t;
}

std::optional<Date> newest_record(const CardTables& t) {
  std::optional<Date> newest;
  for (ImportTable::Row row = 0; row < t.cards.size(); ++row)
    if (const auto time = t.cards.time(row, "DT_INS").value)
      newest = std::max(newest.value_or(schema::kAlways), local_day(*time));
  return newest;
}

// An access lies in the future when it is later than the day on which it was written down, or than
// the newest such day where the row has none.
std::string_view read_times(const CardTables& t, ImportTable::Row row, ImportTable::Row access,
                            Date newest, SourceCard& card) {
  const Field<Date> day = t.accesses.date(access, "DATA");
  const Field<TimeUs> recorded = t.cards.time(row, "DT_INS");
  if (!day.value) return day.bad ? "impossible_access_date" : "missing_access_date";
  if (recorded.bad) return "impossible_date";
  if (*day.value > (recorded.value ? local_day(*recorded.value) : newest))
    return "future_access_date";
  card.access_date = *day.value;
  const bool same_day = recorded.value && local_day(*recorded.value) == *day.value;
  card.occurred_at = same_day ? *recorded.value : start_of(*day.value);
  return {};
}

std::string_view read_place(const Reading& reading, const CardTables& t, ImportTable::Row access,
                            SourceCard& card) {
  const std::string key = std::string(t.accesses.text(access, "REL_UPO_UFFICIO_ID")) + '/' +
                          std::string(t.accesses.text(access, "REL_UPO_ORGANIZZAZIONE_ID"));
  const auto office = reading.offices.find(key);
  if (office == reading.offices.end()) return "unknown_office";
  card.office = office->second;
  card.ente = reading.source.offices[card.office].ente;
  if (const auto point = t.points.find(t.accesses.id(access, "REL_UPO_PUNTO_CONTATTO_ID")))
    card.contact_point = t.points.text(*point, "NOME");
  return {};
}

std::string_view read_links_of(const CardTables& t, ImportTable::Row row, SourceCard& card) {
  const auto take = [](const auto& links, const Field<RowId>& part, std::vector<Index>& to) {
    const auto at = part.value ? links.find(*part.value) : links.end();
    if (at != links.end()) to = at->second;
    return std::ranges::find(to, kNoIndex) == to.end();
  };
  const Field<RowId> needs = t.cards.id(row, "MOTIVAZIONE_ID");
  const Field<RowId> services = t.cards.id(row, "INTERVENTI_ID");
  if (!take(t.needs, needs, card.needs)) return "unknown_need";
  if (!take(t.services, services, card.services)) return "unknown_service";
  if (const auto part = t.needs_parts.find(needs))
    card.needs_text = t.needs_parts.text(*part, "ALTRO");
  if (const auto part = t.service_parts.find(services))
    card.services_text = t.service_parts.text(*part, "ALTRO");
  return {};
}

std::string_view read_subject(const Reading& reading, const CardTables& t, ImportTable::Row row,
                              SourceCard& card) {
  const auto subject = t.subjects.find(t.cards.id(row, "SEGNALATO_ID"));
  if (!subject) return "missing_person";
  card.person = find_index(reading.access_people, t.subjects.id(*subject, "ANAGRAFICA_ID"));
  if (card.person == kNoIndex) return "missing_person";
  card.contact_ref = {kSubjects, t.subjects.key(*subject), t.subjects.line(*subject)};
  card.phone = t.subjects.text(*subject, "TELEFONO");
  card.mobile = t.subjects.text(*subject, "CEL");
  card.email = t.subjects.text(*subject, "EMAIL");
  card.homeless = t.subjects.flag(*subject, "SENZA_FISSA_DIMORA");
  return {};
}

void read_closing(Reading& reading, const CardTables& t, ImportTable::Row row, SourceCard& card) {
  const Field<RowId> type = t.cards.id(row, "TIPO");
  const auto at = t.types.find(type);
  if (!at && !t.cards.text(row, "TIPO").empty()) reading.warn(card.ref, "unknown_card_type");
  const bool complete = t.cards.flag(row, "COMPLETA");
  if (!at && !complete) return;
  cases::ClosingValue closing;
  closing.complete = complete;
  if (at) {
    closing.card_type = t.types.text(*at, "TIPO");
    closing.taken_in_charge = t.types.flag(*at, "PRESA_IN_CARICO");
    closing.municipal_only = t.types.flag(*at, "SOLO_COMUNE");
  }
  card.closing = closing;
}

void read_details(Reading& reading, const CardTables& t, ImportTable::Row access,
                  SourceCard& card) {
  card.mode = t.accesses.text(access, "MODALITA");
  card.interlocutor = t.accesses.text(access, "INTERLOCUTORE");
  card.motive = t.accesses.text(access, "MOTIVO");
  card.motive_text = t.accesses.text(access, "MOTIVO_DESC");
  card.informed = t.accesses.flag(access, "UTENTE_PRESENTE_INFORMATO");
  const std::string_view username = t.accesses.text(access, "OPERATORE");
  const auto worker = reading.operators_by_name.find(std::string(username));
  if (worker != reading.operators_by_name.end())
    card.worker = worker->second;
  else if (!username.empty())
    reading.warn(card.ref, "unknown_operator");
  if (!schema::find_code(schema::CodeList::card_mode, card.mode, card.access_date))
    reading.warn(card.ref, "unknown_mode");
}

// Each anonymous card is a person of its own, also where two cards share a row.
Index own_person(Reading& reading, const SourceCard& card, std::vector<bool>& used) {
  const Index person = card.person;
  used.resize(reading.source.persons.size(), false);
  if (!reading.source.persons[person].anonymous || !used[person]) {
    used[person] = true;
    return person;
  }
  SourcePerson own = reading.source.persons[person];
  own.own_card = card.ref.id;
  reading.source.persons.push_back(std::move(own));
  return reading.source.persons.size() - 1;
}

std::string_view read_card(Reading& reading, const CardTables& t, ImportTable::Row row, Date newest,
                           SourceCard& card) {
  const auto access = t.accesses.find(t.cards.id(row, "ACCESSO_ID"));
  if (!access) return "missing_access";
  const Field<RowId> number = t.cards.id(row, "IDENTIFICATIVO");
  card.number = static_cast<std::int64_t>(number.value.value_or(card.ref.id));
  std::string_view fault = read_subject(reading, t, row, card);
  if (fault.empty()) fault = read_times(t, row, *access, newest, card);
  if (fault.empty()) fault = read_place(reading, t, *access, card);
  if (fault.empty()) fault = read_links_of(t, row, card);
  if (!fault.empty()) return fault;
  read_details(reading, t, *access, card);
  card.author = reading.author(t.cards, row, card.worker);
  read_closing(reading, t, row, card);
  return {};
}

}  // namespace

Status read_cards(Reading& reading) {
  CARTELLA_TRY(const auto tables, load_tables(reading));
  reading.newest = newest_record(tables);
  const Date newest = reading.newest.value_or(schema::kForever);
  std::vector<bool> used;
  for (ImportTable::Row row = 0; row < tables.cards.size(); ++row) {
    SourceCard card;
    card.ref = {kCards, tables.cards.key(row), tables.cards.line(row)};
    if (tables.cards.flag(row, "ELIMINATA")) {
      reading.warn(card.ref, "deleted_card");
      continue;
    }
    const std::string_view fault = read_card(reading, tables, row, newest, card);
    if (!fault.empty()) {
      reading.refuse(card.ref, fault);
      continue;
    }
    card.person = own_person(reading, card, used);
    reading.cards.emplace(card.ref.id, reading.source.cards.size());
    reading.source.cards.push_back(std::move(card));
  }
  return ok();
}

}  // namespace cartella::ops
