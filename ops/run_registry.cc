
#include "base/local_time.h"
#include "ops/exit_code.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

Result<WorkspaceHandle> open_for_definitions(const Options& options, Console& console) {
  WorkspaceOptions workspace_options;
  workspace_options.with_views = false;
  workspace_options.with_executor = true;
  return open_workspace(options, console, workspace_options);
}

Status record_act(Workspace& workspace, const Options& options, Date expires) {
  for (const std::string& comune : options.comuni) {
    CARTELLA_TRY(workspace.executor().execute(installation_context(workspace, "anagrafe"),
                                              cases::EnableRegistry{comune, options.act, expires}));
  }
  return ok();
}

}  // namespace

Result<int> run_registry_enable(const Options& options, Console& console) {
  CARTELLA_TRY(const Date expires, parse_iso_date(options.expires));
  CARTELLA_TRY(auto workspace, open_for_definitions(options, console));
  if (expires < local_day(workspace->clock().wall()))
    return fail(Errc::refused, "registry_act_expired: l'atto è già scaduto");
  CARTELLA_TRY(record_act(*workspace, options, expires));
  for (const std::string& comune : options.comuni)
    console.out << "Anagrafe del comune " << comune << " abilitata fino al " << format_date(expires)
                << ".\n";
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

// The act that ends an authorisation is recorded like the one that gave it, with yesterday as its
// last day.
Result<int> run_registry_disable(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_definitions(options, console));
  const Date today = local_day(workspace->clock().wall());
  const auto organisation = workspace->executor().organisation();
  for (const std::string& comune : options.comuni) {
    const auto known = organisation->registries.find(comune);
    if (known == organisation->registries.end() || (known->second && *known->second < today))
      return fail(Errc::refused,
                  "registry_not_enabled: l'anagrafe del comune " + comune + " non è abilitata");
  }
  CARTELLA_TRY(record_act(*workspace, options, Date{today.days - 1}));
  for (const std::string& comune : options.comuni)
    console.out << "Anagrafe del comune " << comune << " non più abilitata.\n";
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
