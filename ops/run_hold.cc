// Legal holds, restrictions of processing and retention rules, by a person who proves who they are.
#include <algorithm>
#include <map>
#include <set>

#include "cases/bootstrap.h"
#include "ops/acting_person.h"
#include "ops/exit_code.h"
#include "ops/question.h"
#include "ops/run.h"
#include "projections/person_index.h"
#include "schema/event_types.h"

namespace cartella::ops {

namespace {

using Covers = std::map<EventId, cases::OrganisationState::Cover>;

constexpr const char* kHold = "vincolo legale";
constexpr const char* kRestriction = "limitazione del trattamento";
constexpr const char* kRetention = "piano di conservazione";

Result<WorkspaceHandle> open_for_person(const Options& options, const Console& console) {
  WorkspaceOptions wanted;
  wanted.with_executor = wanted.with_accounts = true;
  return open_views(options, console, wanted);
}

Result<std::vector<StreamId>> items_of(const Options& options) {
  std::vector<StreamId> items;
  for (const std::string& text : options.items) {
    const auto item = StreamId::parse(text);
    if (!item) return fail(Errc::invalid_argument, "--item vuole 32 cifre esadecimali");
    items.push_back(item.value());
  }
  return items;
}

// Who acts is asked for first: whoever may not learns of nobody.
template <class Command>
Result<EventId> place(const Options& options, Console& console, Workspace& workspace,
                      const char* purpose, Command command) {
  CARTELLA_TRY(command.items, items_of(options));
  CARTELLA_TRY(const auto actor, proved_person(options, console, workspace));
  CARTELLA_TRY(const auto organisation, projections::read_organisation(workspace.engine()));
  CARTELLA_TRY(const auto controller, controller_of_comune(organisation, options.comune));
  CARTELLA_TRY(const auto context, acting_context(workspace, actor, command, controller, purpose));
  CARTELLA_TRY(const auto question, read_question(options, console.in));
  CARTELLA_TRY(const auto whom, person_at(workspace.engine(), question, controller));
  command.person = whom.stream;
  CARTELLA_TRY(const auto outcome, workspace.executor().execute(context, command));
  return outcome.receipt.command_id;
}

Result<EventId> placed_of(const Options& options) {
  const auto id = EventId::parse(options.placed);
  if (!id) return fail(Errc::invalid_argument, "un evento ha 32 cifre esadecimali");
  return id.value();
}

template <class Command>
Status lift(const Options& options, const Console& console, Workspace& workspace,
            const Covers& standing, const char* purpose, const EventId& placed,
            const Command& command) {
  const auto at = standing.find(placed);
  if (at == standing.end())
    return fail(Errc::not_found, "nessun evento in vigore con questo identificativo");
  CARTELLA_TRY(const auto actor, proved_person(options, console, workspace));
  CARTELLA_TRY(const auto context,
               acting_context(workspace, actor, command, at->second.controller, purpose));
  CARTELLA_TRY(workspace.executor().execute(context, command));
  return ok();
}

Table covers_table(const char* name, const char* title, const Covers& covers) {
  Table table{name,
              title,
              {"Evento", "Titolare", "Persona", "Elementi", "Fino al"},
              {"event", "controller", "subject", "items", "until"},
              {}};
  for (const auto& [id, each] : covers) {
    std::string items;
    for (const StreamId& item : each.items) items += (items.empty() ? "" : " ") + item.hex();
    table.rows.push_back({id.hex(), each.controller.hex(),
                          each.subject.is_zero() ? std::string() : each.subject.hex(), items,
                          each.until ? format_date(*each.until) : std::string()});
  }
  return table;
}

Table lifted_table(const char* name, const char* title, const EventId& placed, const char* word) {
  return {
      name, title, {"Evento", "Esito"}, {"event", "outcome"}, {{placed.hex(), std::string(word)}}};
}

Covers only(const Covers& all, const EventId& one) {
  Covers found;
  if (const auto at = all.find(one); at != all.end()) found.insert(*at);
  return found;
}

Table rules_table(const cases::OrganisationState& organisation) {
  Table table{"retention",
              "Conservazione",
              {"Categoria", "Mesi", "Atto"},
              {"category", "months", "act"},
              {}};
  std::set<std::string> categories;
  for (const auto& type : schema::event_types())
    if (type.term_start != "permanent" && type.retention_category != "access_log")
      categories.emplace(type.retention_category);
  for (const std::string& category : categories) {
    const auto rule = organisation.retention_rules.find(category);
    if (rule == organisation.retention_rules.end())
      table.rows.push_back({category, std::string(), std::string()});
    else
      table.rows.push_back(
          {category, static_cast<std::int64_t>(rule->second.months), rule->second.act});
  }
  return table;
}

constexpr const char* kHolds = "holds";
constexpr const char* kHoldsTitle = "Vincoli legali";
constexpr const char* kRestrictions = "restrictions";
constexpr const char* kRestrictionsTitle = "Limitazioni del trattamento";

// Closes the workspace, so that nothing is said of what is not durable.
Result<int> tell(const Options& options, const Console& console, WorkspaceHandle& workspace,
                 const Table& table) {
  CARTELLA_TRY(workspace.close());
  print_tables(console.out, {table}, options.format);
  return static_cast<int>(kExitOk);
}

}  // namespace

Result<int> run_hold_place(const Options& options, Console& console) {
  cases::PlaceLegalHold command;
  command.act = options.act;
  command.authority = options.authority;
  CARTELLA_TRY(command.until, day_option(options.until, "--until"));
  CARTELLA_TRY(auto workspace, open_for_person(options, console));
  CARTELLA_TRY(const auto placed, place(options, console, *workspace, kHold, command));
  const auto after = workspace->executor().organisation();
  return tell(options, console, workspace,
              covers_table(kHolds, kHoldsTitle, only(after->holds, placed)));
}

Result<int> run_hold_lift(const Options& options, Console& console) {
  CARTELLA_TRY(const auto placed, placed_of(options));
  CARTELLA_TRY(auto workspace, open_for_person(options, console));
  const auto before = workspace->executor().organisation();
  const cases::LiftLegalHold command{placed, options.act};
  CARTELLA_TRY(lift(options, console, *workspace, before->holds, kHold, placed, command));
  return tell(options, console, workspace, lifted_table(kHolds, kHoldsTitle, placed, "tolto"));
}

Result<int> run_hold_list(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_person(options, console));
  const auto now = workspace->executor().organisation();
  return tell(options, console, workspace, covers_table(kHolds, kHoldsTitle, now->holds));
}

Result<int> run_restriction_place(const Options& options, Console& console) {
  cases::RestrictProcessing command;
  command.ground = options.ground;
  CARTELLA_TRY(auto workspace, open_for_person(options, console));
  CARTELLA_TRY(const auto placed, place(options, console, *workspace, kRestriction, command));
  const auto after = workspace->executor().organisation();
  return tell(options, console, workspace,
              covers_table(kRestrictions, kRestrictionsTitle, only(after->restrictions, placed)));
}

Result<int> run_restriction_lift(const Options& options, Console& console) {
  CARTELLA_TRY(const auto placed, placed_of(options));
  CARTELLA_TRY(auto workspace, open_for_person(options, console));
  const auto before = workspace->executor().organisation();
  const cases::LiftRestriction command{placed, options.notice, options.reason};
  CARTELLA_TRY(
      lift(options, console, *workspace, before->restrictions, kRestriction, placed, command));
  return tell(options, console, workspace,
              lifted_table(kRestrictions, kRestrictionsTitle, placed, "revocata"));
}

Result<int> run_restriction_list(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_person(options, console));
  const auto now = workspace->executor().organisation();
  return tell(options, console, workspace,
              covers_table(kRestrictions, kRestrictionsTitle, now->restrictions));
}

Result<int> run_retention_set(const Options& options, Console& console) {
  if (options.months > INT32_MAX)
    return fail(Errc::invalid_argument, "--months: i mesi vanno da 0 a 2400");
  const cases::SetRetentionRule command{options.category, static_cast<std::int64_t>(options.months),
                                        options.act};
  CARTELLA_TRY(auto workspace, open_for_person(options, console));
  CARTELLA_TRY(const auto actor, proved_person(options, console, *workspace));
  CARTELLA_TRY(const auto context, acting_context(*workspace, actor, command,
                                                  cases::installation_controller(), kRetention));
  CARTELLA_TRY(workspace->executor().execute(context, command));
  const auto after = workspace->executor().organisation();
  return tell(options, console, workspace, rules_table(*after));
}

Result<int> run_retention_list(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_person(options, console));
  const auto now = workspace->executor().organisation();
  return tell(options, console, workspace, rules_table(*now));
}

}  // namespace cartella::ops
