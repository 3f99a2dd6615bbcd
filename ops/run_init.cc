
#include "crypto/note.h"
#include "ops/exit_code.h"
#include "ops/root_key_choice.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

struct RegistryGrant {
  std::vector<std::string> comuni;
  std::string act;
  Date expires;
};

// COMUNE[,COMUNE...]:ACT:YYYY-MM-DD. The act may hold colons; the date is what follows the last.
Result<RegistryGrant> parse_grant(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  if (first == std::string::npos || first == last || first == 0)
    return fail(Errc::invalid_argument, "--enable-registry vuole COMUNE[,COMUNE]:ATTO:AAAA-MM-GG");
  RegistryGrant grant;
  std::string comune;
  for (const char c : text.substr(0, first) + ",") {
    if (c != ',') {
      comune.push_back(c);
    } else if (!comune.empty()) {
      grant.comuni.push_back(std::move(comune));
      comune.clear();
    }
  }
  grant.act = text.substr(first + 1, last - first - 1);
  CARTELLA_TRY(auto expires, parse_iso_date(text.substr(last + 1)));
  grant.expires = expires;
  if (grant.act.empty()) return fail(Errc::invalid_argument, "--enable-registry: manca l'atto");
  return grant;
}

}  // namespace

Result<int> run_init(const Options& options, Console& console) {
  // Where people's data are true, an act enables each registry: `cartella registry enable`.
  if (options.mode == "production" && !options.enable_registry.empty())
    return fail(Errc::invalid_argument,
                "--enable-registry vale solo con --mode test o training; in esercizio: cartella "
                "registry enable");
  if (options.mode == "production" && options.region.empty())
    return fail(Errc::invalid_argument,
                "in production serve --region, il codice ISTAT a due cifre");
  CARTELLA_TRY(const auto choice, chosen_root_key(options));
  if (options.mode == "production") {
    CARTELLA_TRY(const bool beside, lies_beside_data(choice, options.data));
    if (beside) return beside_data_error(choice);
  }
  CARTELLA_TRY(const auto source, read_root_source(choice, {true, nullptr}));
  std::vector<RegistryGrant> grants;
  for (const std::string& text : options.enable_registry) {
    CARTELLA_TRY(auto grant, parse_grant(text));
    grants.push_back(std::move(grant));
  }
  WorkspaceOptions workspace_options;
  workspace_options.with_executor = true;
  workspace_options.fast_passphrase = options.mode == "test";
  CARTELLA_TRY(auto workspace, Workspace::create(options.data, source, options, workspace_options));
  for (const RegistryGrant& grant : grants) {
    for (const std::string& comune : grant.comuni) {
      CARTELLA_TRY(
          workspace->executor().execute(installation_context(*workspace, "configurazione"),
                                        cases::EnableRegistry{comune, grant.act, grant.expires}));
    }
  }
  CARTELLA_TRY(workspace->finish_creation());
  const std::string& origin = workspace->store().origin();
  const Table created{"archive",
                      "Archivio creato",
                      {"Origine", "Chiave del registro (vkey)"},
                      {"origin", "vkey"},
                      {{origin, crypto::verifier_key(origin, workspace->log_key().public_key())}}};
  print_tables(console.out, {created}, options.format);
  CARTELLA_TRY(workspace->close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
