#include "base/local_time.h"
#include "crypto/hash.h"
#include "disclosure/dsar.h"
#include "disclosure/package.h"
#include "ops/exit_code.h"
#include "ops/pending_file.h"
#include "ops/question.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

namespace views = projections;

cases::CommandContext context_at(const Workspace& workspace, const ControllerId& controller) {
  cases::CommandContext context =
      installation_context(workspace, "esercizio dei diritti dell'interessato");
  context.controller = controller;
  context.unit = UnitId::from_view(controller.view());
  return context;
}

Result<StreamId> open_request(Workspace& workspace, const Options& options,
                              const views::PersonHit& person) {
  cases::OpenRightsRequest command;
  command.person = person.stream;
  command.kind = options.rights_kind;
  command.received_on = local_day(workspace.clock().wall());
  command.requester = options.requester;
  command.title = options.title;
  CARTELLA_TRY(const auto outcome, workspace.executor().execute(
                                       context_at(workspace, person.person.controller), command));
  return outcome.stream;
}

struct Package {
  disclosure::Report report;
  Bytes zip;
  std::size_t file_count = 0;
};

Result<Package> make_package(Workspace& workspace, const StreamId& person,
                             const StreamId& request) {
  CARTELLA_TRY(workspace.engine().catch_up());
  Package package;
  CARTELLA_TRY(package.report,
               disclosure::make_dsar(
                   {workspace.engine(), workspace.store().origin(), &workspace.reference()},
                   {person, request}));
  CARTELLA_TRY(const auto files, disclosure::package_files(package.report, workspace.store(),
                                                           workspace.log_key().public_key()));
  package.file_count = files.size();
  CARTELLA_TRY(package.zip, disclosure::zip_files(files));
  return package;
}

// The release stands in the log before the file has its name: what left is never unknown.
Status record_release(Workspace& workspace, const Package& package, const ControllerId& controller,
                      const StreamId& person) {
  cases::RecordRelease command;
  command.person = person;
  command.recipient = "chi deve rivedere la bozza";
  command.purpose = "esercizio dei diritti dell'interessato: bozza da rivedere";
  command.sha256 = crypto::sha256(package.zip);
  command.items = package.report.streams;
  CARTELLA_TRY(workspace.executor().execute(context_at(workspace, controller), command));
  return ok();
}

}  // namespace

Result<int> run_dsar(const Options& options, Console& console) {
  CARTELLA_TRY(auto question, read_question(options, console.in));
  CARTELLA_TRY(auto file, PendingFile::create(options.out));
  WorkspaceOptions workspace_options;
  workspace_options.with_executor = true;
  workspace_options.with_reference = true;
  CARTELLA_TRY(auto workspace, open_workspace(options, console, workspace_options));
  CARTELLA_TRY(workspace->engine().catch_up());
  CARTELLA_TRY(const auto organisation, views::read_organisation(workspace->engine()));
  CARTELLA_TRY(const auto controller, controller_of_comune(organisation, options.comune));
  CARTELLA_TRY(const auto person, person_at(workspace->engine(), question, controller));
  CARTELLA_TRY(const auto request, open_request(*workspace, options, person));
  CARTELLA_TRY(const auto package, make_package(*workspace, person.stream, request));
  CARTELLA_TRY(file->write(package.zip));
  CARTELLA_TRY(record_release(*workspace, package, controller, person.stream));
  CARTELLA_TRY(file->publish());
  Table table{
      "dsar", std::string(disclosure::kDraftMark), {"Voce", "Valore"}, {"name", "value"}, {}};
  table.rows.push_back({std::string("richiesta"), request.hex()});
  table.rows.push_back(
      {std::string("posizione"), static_cast<std::int64_t>(package.report.position)});
  table.rows.push_back(
      {std::string("eventi"), static_cast<std::int64_t>(package.report.events.size())});
  table.rows.push_back(
      {std::string("file nel pacchetto"), static_cast<std::int64_t>(package.file_count)});
  table.rows.push_back({std::string("omissioni da rivedere"),
                        static_cast<std::int64_t>(package.report.left_out.size())});
  table.rows.push_back({std::string("sha256"), to_hex(crypto::sha256(package.zip))});
  print_tables(console.out, {table}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
