#include "ops/erasing.h"

#include "cases/access_retention.h"
#include "keeping/controller_export.h"
#include "keeping/erasure_register.h"
#include "ops/attest.h"

namespace cartella::ops {

keeping::ErasureParts erasure_parts(Workspace& workspace) {
  return {workspace.store(),
          workspace.vault(),
          workspace.engine(),
          workspace.executor(),
          workspace.register_key(),
          workspace.clock(),
          workspace.register_folder(),
          [&workspace](const ControllerId& controller) {
            return workspace.forget_registry(workspace.executor(), controller);
          }};
}

Result<std::size_t> finish_erasures(Workspace& workspace, const keeping::ErasureWatch& watch) {
  const std::lock_guard lock(workspace.erasing());
  CARTELLA_TRY(const auto count, keeping::finish_erasures(erasure_parts(workspace), watch));
  if (count > 0) {
    CARTELLA_TRY(attest_views(workspace));
  }
  return count;
}

Result<std::size_t> end_access_months(Workspace& workspace) {
  const auto list = [&](const cases::MonthErasure& month) {
    keeping::ErasureRecord record;
    record.decision = month.decision;
    record.position = month.position;
    record.decided_at = month.decided_at;
    record.owner_keys.assign(month.owner_keys.begin(), month.owner_keys.end());
    record.streams = {month.stream};
    return keeping::append_erasure(workspace.register_folder(), workspace.store().log_id(),
                                   workspace.register_key(), record);
  };
  const std::lock_guard lock(workspace.erasing());
  CARTELLA_TRY(const auto count,
               cases::expire_access_months(workspace.store(), workspace.vault(),
                                           workspace.executor(), workspace.clock(), list));
  if (count > 0) {
    CARTELLA_TRY(attest_views(workspace));
  }
  return count;
}

Result<EventId> proposal_of(const Options& options) {
  const auto id = EventId::parse(options.proposal);
  if (!id) return fail(Errc::invalid_argument, "una proposta ha 32 cifre esadecimali");
  return id.value();
}

Result<cases::OrganisationState::Erasure> known_erasure(const cases::Executor& executor,
                                                        const EventId& proposal) {
  const auto organisation = executor.organisation();
  const auto at = organisation->erasures.find(proposal);
  if (at == organisation->erasures.end())
    return fail(Errc::not_found, "nessuna proposta con questo id");
  return at->second;
}

Result<std::string> checked_export_ground(const Workspace& workspace, const EventId& proposal,
                                          const cases::OrganisationState::Erasure& erasure,
                                          const std::filesystem::path& folder) {
  CARTELLA_TRY(const auto manifest, keeping::check_export(folder));
  const store::Store& store = workspace.store();
  CARTELLA_TRY(const auto proposed, store.position_of(proposal));
  if (manifest.log != store.log_id() || manifest.controller != erasure.controller ||
      manifest.proposal != proposal || manifest.checkpoint.size <= proposed)
    return fail(Errc::refused, "l'esportazione non è di questa proposta");
  if (manifest.log_key != store.log_key())
    return fail(Errc::refused, "la chiave del registro è cambiata dopo l'esportazione: ripeterla");
  CARTELLA_TRY(const auto root, store.root_at(manifest.checkpoint.size));
  if (root != manifest.checkpoint.root)
    return fail(Errc::corrupt, "l'esportazione è di un'altra storia del registro");
  return cases::export_ground(manifest.digest);
}

}  // namespace cartella::ops
