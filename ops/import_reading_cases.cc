#include <algorithm>
#include <array>
#include <set>

#include "base/local_time.h"
#include "cases/decide.h"
#include "ops/import_reading.h"

namespace cartella::ops {

namespace {

constexpr std::string_view kCases = "CS_A_CASO";
constexpr std::string_view kSteps = "CS_IT_STEP";
constexpr std::string_view kInterviews = "CS_D_COLLOQUIO";
constexpr std::string_view kCaseCategories = "CS_A_SOGGETTO_CATEGORIA_SOC";
constexpr std::string_view kCardLinks = "CS_SS_SCHEDA_SEGR";

std::optional<cases::CaseStatus> case_status(const Field<RowId>& id) {
  using S = cases::CaseStatus;
  for (const S status : {S::aperto, S::chiuso, S::preso_in_carico, S::segnalato, S::riaperto,
                         S::segnalato_ente, S::segnalato_operatore})
    if (id.value && *id.value == static_cast<RowId>(status)) return status;
  return std::nullopt;
}

// True when the column is empty or names something known.
bool read_optional(const ImportTable& table, ImportTable::Row row, std::string_view column,
                   const IndexOf& known, Index& to) {
  to = find_index(known, table.id(row, column));
  return to != kNoIndex || table.text(row, column).empty();
}

std::string_view read_step_units(const Reading& reading, const ImportTable& steps,
                                 ImportTable::Row row, SourceStep& step) {
  if (!read_optional(steps, row, "OPERATORE_ID", reading.operators, step.worker) ||
      !read_optional(steps, row, "OPERATORE_TO", reading.operators, step.to_worker))
    return "unknown_operator";
  if (!read_optional(steps, row, "SETTORE_ID", reading.sectors, step.sector) ||
      !read_optional(steps, row, "SETTORE_ID_TO", reading.sectors, step.to_sector))
    return "unknown_sector";
  if (!read_optional(steps, row, "ORGANIZZAZIONE_ID", reading.entes, step.ente) ||
      !read_optional(steps, row, "ORGANIZZAZIONE_ID_TO", reading.entes, step.to_ente))
    return "unknown_ente";
  if (step.ente == kNoIndex && step.sector != kNoIndex)
    step.ente = reading.source.sectors[step.sector].ente;
  return {};
}

std::string_view read_step(const Reading& reading, const ImportTable& steps,
                           const ImportTable& diary, ImportTable::Row row, SourceStep& step) {
  const auto status = case_status(steps.id(row, "CFG_IT_STATO_ID"));
  if (!status) return "unknown_state";
  step.status = *status;
  const auto entry = diary.find(steps.id(row, "DIARIO_ID"));
  if (!entry) return "missing_diary";
  const Field<TimeUs> at = diary.time(*entry, "DT_AMMINISTRATIVA");
  const Field<TimeUs> recorded = diary.time(*entry, "DT_INS");
  if (at.bad || recorded.bad) return "impossible_date";
  if (!at.value && !recorded.value) return "missing_date";
  step.at = at.value ? *at.value : *recorded.value;
  step.note = steps.text(row, "NOTA");
  const std::string_view fault = read_step_units(reading, steps, row, step);
  step.author = reading.author(diary, *entry, step.worker);
  return fault;
}

// Steps by the case they belong to, in ID order: that order is the life cycle.
Status read_steps(Reading& reading, const ImportTable& diary, const ImportTable& case_rows,
                  std::unordered_map<RowId, std::vector<SourceStep>>& to) {
  CARTELLA_TRY(const auto steps, reading.load(kSteps, "ID",
                                              {"ID", "CASO_ID", "CFG_IT_STATO_ID", "DIARIO_ID",
                                               "OPERATORE_ID", "SETTORE_ID", "ORGANIZZAZIONE_ID"}));
  for (ImportTable::Row row = 0; row < steps.size(); ++row) {
    SourceStep step;
    step.ref = {kSteps, steps.key(row), steps.line(row)};
    const Field<RowId> case_id = steps.id(row, "CASO_ID");
    std::string_view fault = case_rows.find(case_id) ? "" : "orphan";
    if (fault.empty()) fault = read_step(reading, steps, diary, row, step);
    if (fault.empty())
      to[*case_id.value].push_back(std::move(step));
    else
      reading.refuse(step.ref, fault);
  }
  for (auto& [id, of_case] : to)
    std::ranges::sort(of_case, {}, [](const SourceStep& step) { return step.ref.id; });
  return ok();
}

// What check_transition asks of a change, with any id for whoever is named.
cases::ChangeCaseState change_of(const SourceStep& step) {
  const auto named = [](Index index) {
    std::array<std::uint8_t, 16> bytes{};
    bytes[0] = index == kNoIndex ? 0 : 1;
    return bytes;
  };
  cases::ChangeCaseState change;
  change.state = step.status;
  change.worker.bytes = named(step.worker);
  change.to_sector.bytes = named(step.to_sector);
  change.to_operator.bytes = named(step.to_worker);
  change.to_ente.bytes = named(step.to_ente != kNoIndex ? step.to_ente : step.to_sector);
  return change;
}

// Refused here and not by the command, which at a repeated import would judge a step by a state
// that later steps have reached already.
void refuse_illegal_steps(Reading& reading, SourceCase& one) {
  using S = cases::CaseStatus;
  S status = S::aperto;  // opening the case makes it so
  std::vector<SourceStep> legal;
  for (SourceStep& step : one.steps) {
    const bool opens = legal.empty() && step.status == S::aperto;
    if (!opens && !cases::check_transition(status, change_of(step))) {
      reading.refuse(step.ref, "illegal_transition");
      continue;
    }
    status = step.status;
    legal.push_back(std::move(step));
  }
  one.steps = std::move(legal);
}

// A live command would be refused (predecessor.md 2.1); what was done before is kept and doubted.
void doubt_takings_in_charge(Reading& reading, const SourceCase& one) {
  for (const SourceStep& step : one.steps) {
    if (step.status != cases::CaseStatus::preso_in_carico) continue;
    const auto assigned = [&](const SourceAssignment& assignment) {
      return assignment.worker == step.worker && assignment.sector == step.sector;
    };
    if (step.sector == kNoIndex)
      reading.warn(step.ref, "sector_missing");
    else if (std::ranges::none_of(reading.source.assignments, assigned))
      reading.warn(step.ref, "operator_outside_sector");
  }
}

void refuse_steps(Reading& reading, const std::vector<SourceStep>& steps) {
  for (const SourceStep& step : steps) reading.refuse(step.ref, "missing_case");
}

Status read_case_rows(Reading& reading, const ImportTable& case_rows,
                      std::unordered_map<RowId, std::vector<SourceStep>>& steps) {
  CARTELLA_TRY(const auto subjects,
               reading.load("CS_A_SOGGETTO", "", {"ANAGRAFICA_ID", "CASO_ID"}));
  std::unordered_map<RowId, RowId> subject_of;
  for (ImportTable::Row row = 0; row < subjects.size(); ++row) {
    const Field<RowId> case_id = subjects.id(row, "CASO_ID");
    const Field<RowId> subject = subjects.id(row, "ANAGRAFICA_ID");
    const SourceRef ref{"CS_A_SOGGETTO", subject.value.value_or(0), subjects.line(row)};
    if (!subject.value || !case_rows.find(case_id))
      reading.refuse(ref, "orphan");
    else if (!subject_of.emplace(*case_id.value, *subject.value).second)
      reading.refuse(ref, "second_subject");
  }
  for (ImportTable::Row row = 0; row < case_rows.size(); ++row) {
    SourceCase one;
    one.ref = {kCases, case_rows.key(row), case_rows.line(row)};
    one.steps = std::move(steps[one.ref.id]);
    const auto subject = subject_of.find(one.ref.id);
    if (subject != subject_of.end())
      one.person = find_index(reading.case_people, {subject->second, false});
    const Field<TimeUs> recorded = case_rows.time(row, "DT_INS");
    std::string_view fault;
    if (one.person == kNoIndex)
      fault = "missing_person";
    else if (recorded.bad)
      fault = "impossible_date";
    else if (one.steps.empty() || one.steps.front().ente == kNoIndex)
      fault = "missing_state";
    if (!fault.empty()) {
      reading.refuse(one.ref, fault);
      refuse_steps(reading, one.steps);
      continue;
    }
    one.number =
        static_cast<std::int64_t>(case_rows.id(row, "IDENTIFICATIVO").value.value_or(one.ref.id));
    one.note = case_rows.text(row, "NOTE");
    one.ente = one.steps.front().ente;
    one.opened_at = recorded.value.value_or(one.steps.front().at);
    one.author = reading.author(case_rows, row, one.steps.front().worker);
    one.subject = reading.subjects.at(subject->second);
    refuse_illegal_steps(reading, one);
    doubt_takings_in_charge(reading, one);
    reading.cases.emplace(one.ref.id, reading.source.cases.size());
    reading.cases_by_subject.emplace(subject->second, reading.source.cases.size());
    reading.source.cases.push_back(std::move(one));
  }
  return ok();
}

Status read_case_categories(Reading& reading) {
  CARTELLA_TRY(
      const auto table,
      reading.load(kCaseCategories, "",
                   {"SOGGETTO_ANAGRAFICA_ID", "CATEGORIA_SOCIALE_ID", "PREVALENTE"}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    const Field<RowId> subject = table.id(row, "SOGGETTO_ANAGRAFICA_ID");
    SourceCategory category;
    category.ref = {kCaseCategories, subject.value.value_or(0), table.line(row)};
    category.category = find_index(reading.categories, table.id(row, "CATEGORIA_SOCIALE_ID"));
    const Index at = find_index(reading.cases_by_subject, subject);
    const Field<Date> from = table.date(row, "DATA_INIZIO_APP");
    const Field<Date> to = table.date(row, "DATA_FINE_APP");
    std::string_view fault;
    if (at == kNoIndex)
      fault = "missing_case";
    else if (category.category == kNoIndex)
      fault = "unknown_category";
    else if (from.bad || to.bad)
      fault = "impossible_date";
    if (!fault.empty()) {
      reading.refuse(category.ref, fault);
      continue;
    }
    category.author = reading.author(table, row, kNoIndex);
    category.prevalent = table.flag(row, "PREVALENTE");
    category.from = from.value;
    category.to = end_date(to);
    reading.source.cases[at].categories.push_back(category);
  }
  return ok();
}

std::string_view read_interview(const Reading& reading, const ImportTable& diary,
                                ImportTable::Row entry, SourceInterview& interview, Index& at) {
  at = find_index(reading.cases, diary.id(entry, "CASO_ID"));
  if (at == kNoIndex) return "missing_case";
  const Field<TimeUs> held = diary.time(entry, "DT_AMMINISTRATIVA");
  const Field<TimeUs> recorded = diary.time(entry, "DT_INS");
  if (held.bad || recorded.bad) return "impossible_date";
  if (!held.value && !recorded.value) return "missing_date";
  interview.held_at = held.value ? *held.value : *recorded.value;
  if (recorded.value && local_day(interview.held_at) > local_day(*recorded.value))
    return "future_interview_date";
  const Field<RowId> assigned = diary.id(entry, "OPERATORE_SETTORE_ID");
  if (assigned.bad) return "unknown_operator";
  if (assigned.value) {
    const auto worker = reading.assigned.find(*assigned.value);
    if (worker == reading.assigned.end()) return "unknown_operator";
    interview.worker = worker->second.worker;
    interview.sector = worker->second.sector;
  }
  interview.author = reading.author(diary, entry, interview.worker);
  interview.second_level = diary.text(entry, "VIS_SECONDO_LIVELLO");
  return {};
}

// Other kinds of entries have no place in the ledger yet: one word for each kind, at its first row.
void warn_of_other_entries(Reading& reading, const ImportTable& diary) {
  std::set<std::string_view> told = {"1", "5"};  // change of state, interview
  for (ImportTable::Row row = 0; row < diary.size(); ++row) {
    const std::string_view type = diary.text(row, "TIPO_DIARIO_ID");
    if (told.insert(type).second)
      reading.warn({"CS_D_DIARIO", diary.key(row), diary.line(row)},
                   "unread_diary_type_" + std::string(type));
    if (type == "1" && !diary.text(row, "VIS_SECONDO_LIVELLO").empty())
      reading.warn({"CS_D_DIARIO", diary.key(row), diary.line(row)}, "second_level_of_a_step");
  }
}

Status read_interviews(Reading& reading, const ImportTable& diary) {
  CARTELLA_TRY(const auto table, reading.load(kInterviews, "DIARIO_ID",
                                              {"DIARIO_ID", "TESTO_DIARIO", "RISERVATO"}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    SourceInterview interview;
    interview.ref = {kInterviews, table.key(row), table.line(row)};
    const auto entry = diary.find(table.key(row));
    Index at = kNoIndex;
    const std::string_view fault =
        entry ? read_interview(reading, diary, *entry, interview, at) : "missing_diary";
    if (!fault.empty()) {
      reading.refuse(interview.ref, fault);
      continue;
    }
    interview.reserved = table.flag(row, "RISERVATO");
    interview.text = table.text(row, "TESTO_DIARIO");
    interview.with_whom = table.text(row, "DIARIO_CON_CHI_ALTRO");
    reading.source.cases[at].interviews.push_back(std::move(interview));
  }
  return ok();
}

Status read_card_links(Reading& reading, const ImportTable& cards) {
  CARTELLA_TRY(const auto table, reading.load(kCardLinks, "", {"SCHEDA_ID", "SOGGETTO_ID"}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    const Field<RowId> card_id = table.id(row, "SCHEDA_ID");
    const SourceRef ref{kCardLinks, card_id.value.value_or(0), table.line(row)};
    const Index card = find_index(reading.cards, card_id);
    const Index at = find_index(reading.cases_by_subject, table.id(row, "SOGGETTO_ID"));
    if (card == kNoIndex) {
      // The links of a refused card go with it; only a link to nowhere is told.
      if (!cards.find(card_id)) reading.refuse(ref, "orphan");
      continue;
    }
    if (at == kNoIndex) {
      // A card may propose a case that was never opened.
      reading.warn(ref, "card_without_case");
      continue;
    }
    SourceCase& one = reading.source.cases[at];
    const SourceCard& source_card = reading.source.cards[card];
    std::string_view fault;
    if (reading.source.persons[source_card.person].anonymous)
      fault = "anonymous_card";
    else if (source_card.person != one.person)
      fault = "other_person";
    else if (one.card != kNoIndex)
      fault = "second_card";
    if (!fault.empty()) {
      reading.refuse(ref, fault);
      continue;
    }
    one.card = card;
    one.link_state = table.text(row, "STATO");
    one.link_ref = ref;
    one.link_author = reading.author(table, row, kNoIndex);
  }
  return ok();
}

}  // namespace

Status read_cases(Reading& reading) {
  CARTELLA_TRY(const auto diary, reading.load("CS_D_DIARIO", "ID",
                                              {"ID", "CASO_ID", "TIPO_DIARIO_ID",
                                               "OPERATORE_SETTORE_ID", "DT_AMMINISTRATIVA"}));
  CARTELLA_TRY(const auto case_rows, reading.load(kCases, "ID", {"ID", "IDENTIFICATIVO"}));
  std::unordered_map<RowId, std::vector<SourceStep>> steps;
  CARTELLA_TRY(read_steps(reading, diary, case_rows, steps));
  CARTELLA_TRY(read_case_rows(reading, case_rows, steps));
  CARTELLA_TRY(read_case_categories(reading));
  CARTELLA_TRY(read_interviews(reading, diary));
  warn_of_other_entries(reading, diary);
  // Read again only to tell a refused card from one that is in no file; its faults are known.
  Rejects known;
  CARTELLA_TRY(const auto cards,
               ImportTable::load(reading.dir, "SS_SCHEDA", "ID", {}, true, known));
  return read_card_links(reading, cards);
}

}  // namespace cartella::ops
