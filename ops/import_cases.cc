#include <algorithm>
#include <map>

#include "ops/import_stages.h"

namespace cartella::ops {

namespace {

// One case with everything on it, in the order of its life.
class CaseImport {
 public:
  CaseImport(StageState& state, const SourceCase& one)
      : x_state(state), x_run(state.run), x_case(one) {}

  StreamId run() {
    open();
    if (x_stream.is_zero()) {
      refuse_children();
      return x_stream;
    }
    subject();
    categories();
    link_card();
    for (Index i = x_opened_by_step ? 1 : 0; i < x_case.steps.size(); ++i)
      change_state(x_case.steps[i]);
    for (const SourceInterview& interview : x_case.interviews) record(interview);
    return x_stream;
  }

 private:
  void open() {
    const PersonAt& person = x_state.person_at(x_case.person, x_case.ente);
    if (person.stream.is_zero())
      return x_run.refuse(x_case.ref, "missing_person", Severity::rejected);
    x_opened_by_step =
        !x_case.steps.empty() && x_case.steps.front().status == cases::CaseStatus::aperto;
    cases::OpenCase command;
    command.person = person.stream;
    if (card_is_here()) command.card = x_state.cards[x_case.card];
    command.number = x_case.number;
    command.note = x_case.note;
    command.ente = x_state.entes[x_case.ente];
    Deed deed{x_case.opened_at, x_case.author, {}};
    SourceRef step_ref;
    if (x_opened_by_step) {
      const SourceStep& first = x_case.steps.front();
      command.sector = x_state.sector(first.sector);
      command.worker = x_state.worker(first.worker);
      deed.at = first.at;
      deed.unit = command.sector;
      step_ref = first.ref;
    }
    cases::CommandContext context = x_state.context(x_case.ente, x_case.ref, deed);
    if (x_opened_by_step)
      context.external_refs.push_back(
          {"SISO", std::string(step_ref.table), std::to_string(step_ref.id)});
    if (const auto outcome = x_run.execute(context, command, x_case.ref))
      x_stream = outcome->stream;
  }

  // The predecessor keeps a note and the ways to reach somebody on the person of a case.
  void subject() {
    const SourceSubject& known = x_case.subject;
    const auto context = [&](std::string_view part) {
      cases::CommandContext of_part =
          x_state.context(x_case.ente, known.ref, {x_case.opened_at, x_case.author, {}});
      of_part.command_id =
          x_run.command_id(known.ref.table, std::to_string(known.ref.id) + std::string(part));
      return of_part;
    };
    PersonAt& person = x_state.person_at(x_case.person, x_case.ente);
    record_contact(x_state, person, context("/contact"), known.ref,
                   {person.stream, known.phone, known.mobile, known.email, ""});
    if (known.note.empty()) return;
    cases::RecordNote note;
    note.case_stream = x_stream;
    note.text = known.note;
    x_run.execute(context("/note"), note, known.ref);
  }

  // A card and a case of two enti are two controllers' items and are not tied to each other.
  bool card_is_here() const {
    return x_case.card != kNoIndex && !x_state.cards[x_case.card].is_zero() &&
           x_state.source.cards[x_case.card].ente == x_case.ente;
  }

  void refuse_children() {
    for (const SourceStep& step : x_case.steps)
      x_run.refuse(step.ref, "missing_case", Severity::rejected);
    for (const SourceInterview& interview : x_case.interviews)
      x_run.refuse(interview.ref, "missing_case", Severity::rejected);
  }

  void categories() {
    std::vector<SourceCategory> rows = x_case.categories;
    std::ranges::stable_sort(rows, {}, [](const SourceCategory& row) {
      return row.from.value_or(Date{std::numeric_limits<std::int32_t>::min()});
    });
    std::map<Index, bool> set;  // category -> prevalent
    for (const SourceCategory& row : rows) {
      const auto at = set.find(row.category);
      if (at == set.end() || at->second != row.prevalent) set_category(row, false);
      set[row.category] = row.prevalent;
      if (row.to) {
        set_category(row, true);
        set.erase(row.category);
      }
    }
  }

  void set_category(const SourceCategory& row, bool ended) {
    const SourceLabel& category = x_state.source.categories[row.category];
    const TimeUs at = row.from ? start_of(*row.from) : x_case.opened_at;
    cases::CommandContext context = x_state.context(x_case.ente, row.ref, {at, row.author, {}});
    context.valid_from = row.from;
    context.valid_to = row.to;
    context.command_id = x_run.command_id(
        row.ref.table, std::to_string(row.ref.id) + '/' + std::to_string(category.ref.id) + '/' +
                           (row.from ? format_date(*row.from) : "") + (ended ? "/end" : ""));
    x_run.execute(context,
                  cases::SetCategory{x_stream, std::to_string(category.ref.id),
                                     row.prevalent && !ended, ended},
                  row.ref);
  }

  void link_card() {
    if (x_case.card == kNoIndex) return;
    if (!card_is_here()) {
      if (!x_state.cards[x_case.card].is_zero())
        x_run.refuse(x_case.link_ref, "card_of_another_ente", Severity::warning);
      return;
    }
    x_run.execute(
        x_state.context(x_case.ente, x_case.link_ref, {x_case.opened_at, x_case.link_author, {}}),
        cases::LinkCardToCase{x_state.cards[x_case.card], x_stream, x_case.link_state, ""},
        x_case.link_ref);
  }

  void change_state(const SourceStep& step) {
    cases::ChangeCaseState change;
    change.case_stream = x_stream;
    change.state = step.status;
    change.worker = x_state.worker(step.worker);
    change.sector = x_state.sector(step.sector);
    change.ente = x_state.ente(step.ente);
    change.to_sector = x_state.sector(step.to_sector);
    change.to_operator = x_state.worker(step.to_worker);
    change.to_ente = x_state.ente(step.to_ente);
    change.note = step.note;
    change.administrative_date = step.at;
    const Deed deed{step.at, step.author, change.sector};
    x_run.execute(x_state.context(x_case.ente, step.ref, deed), change, step.ref);
  }

  void record(const SourceInterview& interview) {
    cases::RecordInterview command;
    command.case_stream = x_stream;
    command.reserved = interview.reserved;
    command.text = interview.text;
    command.with_whom = interview.with_whom;
    command.worker = x_state.worker(interview.worker);
    command.held_at = interview.held_at;
    command.sector = x_state.sector(interview.sector);
    command.second_level = interview.second_level;
    const Deed deed{interview.held_at, interview.author, command.sector};
    x_run.execute(x_state.context(x_case.ente, interview.ref, deed), command, interview.ref);
  }

  StageState& x_state;
  ImportRun& x_run;
  const SourceCase& x_case;
  StreamId x_stream;
  bool x_opened_by_step = false;
};

}  // namespace

Status import_cases(StageState& state) {
  state.cases.resize(state.source.cases.size());
  return state.run.each(
      "CS_A_CASO", state.source.cases.size(),
      [&](std::size_t index) { return state.source.cases[index].person; },
      [&](std::size_t index) {
        state.cases[index] = CaseImport(state, state.source.cases[index]).run();
      });
}

}  // namespace cartella::ops
