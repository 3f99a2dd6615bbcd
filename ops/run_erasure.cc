#include <algorithm>
#include <optional>
#include <ostream>

#include "base/local_time.h"
#include "cases/kept_texts.h"
#include "keeping/certificate.h"
#include "keeping/register_check.h"
#include "ops/acting_person.h"
#include "ops/erasing.h"
#include "ops/exit_code.h"
#include "ops/question.h"
#include "ops/run.h"
#include "projections/timeline.h"

namespace cartella::ops {

namespace {

namespace views = projections;
using Erasure = cases::OrganisationState::Erasure;

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::string_view standing_word(Erasure::Standing standing) {
  switch (standing) {
    case Erasure::Standing::proposed: return "proposta";
    case Erasure::Standing::erasing: return "decisa, in esecuzione";
    case Erasure::Standing::completed: return "completata";
    case Erasure::Standing::refused: return "rifiutata";
    case Erasure::Standing::restricted: return "limitazione del trattamento";
    case Erasure::Standing::kept: return "conservata per il diritto di altri";
  }
  return {};
}

std::string_view scope_word(bool of_controller, bool is_person) {
  if (of_controller) return "titolare";
  return is_person ? "persona" : "elemento";
}

Result<WorkspaceHandle> open_for_erasure(const Options& options, const Console& console) {
  WorkspaceOptions wanted;
  wanted.with_executor = wanted.with_accounts = true;
  return open_views(options, console, wanted);
}

Result<keeping::ErasureExtent> extent_of(const Options& options, const Console& console,
                                         Workspace& workspace, StreamId& target) {
  CARTELLA_TRY(const auto organisation, views::read_organisation(workspace.engine()));
  CARTELLA_TRY(const auto controller, controller_of_comune(organisation, options.comune));
  if (options.whole_comune)
    return keeping::dry_run_controller(workspace.store(), workspace.vault(), controller);
  CARTELLA_TRY(const auto question, read_question(options, console.in));
  if (question.kind == "caso" || question.kind == "scheda" || question.kind == "flusso") {
    CARTELLA_TRY(target, stream_of(workspace.engine(), question));
  } else {
    CARTELLA_TRY(const auto person, person_at(workspace.engine(), question, controller));
    target = person.stream;
  }
  return keeping::dry_run_erasure(workspace.store(), workspace.vault(), workspace.engine(),
                                  controller, target);
}

// Which of the mentioning texts stay, whoever decides.
Result<cases::KeptTexts> kept_of(Workspace& workspace, const keeping::ErasureExtent& extent) {
  std::vector<std::uint64_t> positions;
  for (const keeping::Mention& mention : extent.mentions) positions.push_back(mention.position);
  return cases::kept_texts(workspace.store(), workspace.vault(),
                           *workspace.executor().organisation(), extent.controller, positions,
                           local_day(workspace.clock().wall()));
}

std::vector<Table> extent_tables(const keeping::ErasureExtent& extent, const StreamId& target,
                                 const cases::KeptTexts& kept) {
  Table table{"erasure", "Che cosa andrebbe via", {"Voce", "Valore"}, {"name", "value"}, {}};
  const std::string_view scope = scope_word(extent.of_controller, !extent.subject.is_zero());
  table.rows.push_back({std::string("oggetto"), std::string(scope)});
  table.rows.push_back({std::string(extent.of_controller ? "titolare" : "flusso"),
                        extent.of_controller ? extent.controller.hex() : target.hex()});
  table.rows.push_back({std::string("eventi"), number(extent.events)});
  table.rows.push_back({std::string("flussi"), number(extent.streams.size())});
  table.rows.push_back({std::string("segmenti"), number(extent.segments)});
  table.rows.push_back(
      {std::string("chiavi"), number(extent.owner_keys.size() + extent.streams.size())});
  Table mentions{"mentions",
                 "Testi di altri che citano la persona: ciascuno chiede una decisione",
                 {"Posizione", "Flusso", "Testo", "Perché", "Resta per"},
                 {"position", "stream", "type", "why", "kept_for"},
                 {}};
  for (const keeping::Mention& mention : extent.mentions) {
    const auto at = kept.find(mention.position);
    mentions.rows.push_back({number(mention.position), mention.stream.hex(),
                             views::event_label(mention.type),
                             std::string(mention.is_listed ? "persona indicata nel testo"
                                                           : "nome o identificativo nelle parole"),
                             at == kept.end() ? std::string() : at->second});
  }
  return {table, mentions};
}

cases::CommandContext acting(const Workspace& workspace, const ControllerId& controller,
                             const OperatorId& actor, cases::Role role) {
  cases::CommandContext context = installation_context(workspace, "cancellazione");
  context.actor = actor;
  context.role = cases::role_word(role);
  context.source = "person";
  context.controller = controller;
  context.unit = UnitId::from_view(controller.view());
  return context;
}

Table standing_table(const std::map<EventId, Erasure>& erasures) {
  Table table{"erasures",
              "Cancellazioni",
              {"Proposta", "Oggetto", "Id", "Titolare", "Stato", "Citazioni", "Decisa"},
              {"proposal", "scope", "target", "controller", "standing", "mentions", "decided_at"},
              {}};
  for (const auto& [proposal, one] : erasures) {
    const bool is_person = !one.subject.is_zero();
    const std::string whom = is_person ? one.subject.hex() : one.item.hex();
    table.rows.push_back({proposal.hex(), std::string(scope_word(one.of_controller, is_person)),
                          one.of_controller ? one.controller.hex() : whom, one.controller.hex(),
                          std::string(standing_word(one.standing)), number(one.mentions.size()),
                          one.decision.is_zero() ? std::string() : format_time(one.decided_at)});
  }
  return table;
}

cases::DecideErasure decision_of(const Options& options, const EventId& proposal,
                                 const Erasure& erasure) {
  cases::DecideErasure command;
  command.proposal = proposal;
  command.outcome = options.outcome;
  command.ground = options.ground;
  command.erased_mentions = options.erased_mentions;
  command.kept_mentions = options.kept_mentions;
  if (options.keep_all_mentions)
    for (const std::uint64_t position : erasure.mentions)
      if (std::ranges::find(options.erased_mentions, position) == options.erased_mentions.end())
        command.kept_mentions.push_back(position);
  return command;
}

// A controller goes with all that was recorded of it until then.
Status decide(const Options& options, Workspace& workspace, const EventId& proposal,
              const Erasure& erasure, const OperatorId& actor) {
  auto command = decision_of(options, proposal, erasure);
  // Before what cannot be taken back is written.
  if (command.outcome == "erase") {
    CARTELLA_TRY(keeping::check_register(workspace.store(), workspace.register_folder(),
                                         workspace.register_key().public_key()));
  }
  std::optional<ControllerFence> fence;
  if (erasure.of_controller && command.outcome == "erase") {
    if (options.export_folder.empty())
      return fail(Errc::invalid_argument,
                  "un ente se ne va con la sua esportazione: --export CARTELLA");
    CARTELLA_TRY(const auto exported,
                 checked_export(workspace, proposal, erasure, options.export_folder));
    CARTELLA_TRY(auto raised, ControllerFence::raise(workspace, erasure.controller));
    fence.emplace(std::move(raised));
    CARTELLA_TRY(command.ground, taken_along(workspace, exported, options.export_folder,
                                             options.receiver_passphrase_file));
  }
  CARTELLA_TRY(workspace.executor().execute(
      acting(workspace, erasure.controller, actor, cases::Role::dpo), command));
  if (fence && workspace.executor().organisation()->has_left(erasure.controller)) fence->keep();
  return ok();
}

// What was copied before still has the keys.
Status tell_copies(const store::Store& store, const EventId& proposal, const Erasure& erasure,
                   const Console& console) {
  if (erasure.standing != Erasure::Standing::completed) return ok();
  CARTELLA_TRY(const auto certificate, keeping::read_certificate(store, proposal, erasure));
  console.err << "cartella: le copie fatte prima possono avere ancora le chiavi, al più tardi fino "
                 "al "
              << format_time(certificate.final_at)
              << ": le rende inutili una nuova copia (cartella backup)\n";
  return ok();
}

}  // namespace

Result<int> run_erasure_dry_run(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_erasure(options, console));
  StreamId target;
  CARTELLA_TRY(const auto extent, extent_of(options, console, *workspace, target));
  CARTELLA_TRY(const auto kept, kept_of(*workspace, extent));
  CARTELLA_TRY(workspace.close());
  print_tables(console.out, extent_tables(extent, target, kept), options.format);
  return static_cast<int>(kExitOk);
}

Result<int> run_erasure_propose(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_erasure(options, console));
  CARTELLA_TRY(const auto actor, proved_person(options, console, *workspace));
  StreamId target;
  CARTELLA_TRY(const auto extent, extent_of(options, console, *workspace, target));
  CARTELLA_TRY(check_role(*workspace, actor, cases::Role::rights_officer, extent.controller));
  cases::ProposeErasure command;
  command.scope = extent.subject.is_zero() ? "item" : "person";
  if (extent.of_controller) command.scope = "controller";
  command.target = target;
  command.basis = options.basis;
  command.counts = keeping::counts_of(extent);
  for (const keeping::Mention& mention : extent.mentions)
    command.mentions.push_back(mention.position);
  CARTELLA_TRY(
      const auto outcome,
      workspace->executor().execute(
          acting(*workspace, extent.controller, actor, cases::Role::rights_officer), command));
  CARTELLA_TRY(const auto kept, kept_of(*workspace, extent));
  CARTELLA_TRY(workspace.close());
  auto tables = extent_tables(extent, target, kept);
  tables.front().rows.push_back({std::string("proposta"), outcome.receipt.command_id.hex()});
  print_tables(console.out, tables, options.format);
  return static_cast<int>(kExitOk);
}

Result<int> run_erasure_decide(const Options& options, Console& console) {
  CARTELLA_TRY(const auto proposal, proposal_of(options));
  CARTELLA_TRY(auto workspace, open_for_erasure(options, console));
  CARTELLA_TRY(const auto erasure, known_erasure(workspace->executor(), proposal));
  CARTELLA_TRY(const auto actor, proved_person(options, console, *workspace));
  CARTELLA_TRY(check_role(*workspace, actor, cases::Role::dpo, erasure.controller));
  CARTELLA_TRY(decide(options, *workspace, proposal, erasure, actor));
  CARTELLA_TRY(finish_erasures(*workspace, [&](const EventId&, keeping::ErasureStep step) {
    if (!options.quiet) console.err << keeping::erasure_step_word(step) << std::endl;
    return ok();
  }));
  CARTELLA_TRY(const auto after, known_erasure(workspace->executor(), proposal));
  CARTELLA_TRY(tell_copies(workspace->store(), proposal, after, console));
  CARTELLA_TRY(workspace.close());
  print_tables(console.out, {standing_table({{proposal, after}})}, options.format);
  return static_cast<int>(kExitOk);
}

Result<int> run_erasure_status(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_erasure(options, console));
  const Table table = standing_table(workspace->executor().organisation()->erasures);
  CARTELLA_TRY(workspace.close());
  print_tables(console.out, {table}, options.format);
  return static_cast<int>(kExitOk);
}

Result<int> run_erasure_certificate(const Options& options, Console& console) {
  CARTELLA_TRY(const auto proposal, proposal_of(options));
  CARTELLA_TRY(auto workspace, open_for_erasure(options, console));
  CARTELLA_TRY(const auto erasure, known_erasure(workspace->executor(), proposal));
  CARTELLA_TRY(const auto certificate,
               keeping::read_certificate(workspace->store(), proposal, erasure));
  CARTELLA_TRY(const auto proof, workspace->store().prove(certificate.position));
  CARTELLA_TRY(workspace.close());
  console.out << certificate.text << "\nCompletata: " << format_time(certificate.completed_at)
              << ", posizione " << certificate.position
              << "\nDefinitiva dal: " << format_time(certificate.final_at) << "\n\nProva:\n"
              << crypto::encode_proof(proof);
  return static_cast<int>(kExitOk);
}

Result<int> run_erasure_rewrite_register(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_erasure(options, console));
  CARTELLA_TRY(const auto count, rewrite_register(*workspace));
  CARTELLA_TRY(workspace.close());
  console.out << "Cancellazioni riscritte nel registro: " << count << '\n';
  if (count > 0)
    console.err << "cartella: il registro riscritto non sa i nomi delle chiavi distrutte: fare "
                   "subito una copia (cartella backup), che rende inutili quelle di prima delle "
                   "cancellazioni\n";
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
