#include "ops/erasing.h"

#include <algorithm>

#include "cases/access_retention.h"
#include "keeping/backup.h"
#include "keeping/backup_keys.h"
#include "keeping/controller_export.h"
#include "keeping/erasure_register.h"
#include "keeping/register_check.h"
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
    CARTELLA_TRY(keeping::ask_for_backup(workspace.dir()));
    CARTELLA_TRY(attest_views(workspace));
  }
  return count;
}

Result<std::uint64_t> check_register(Workspace& workspace) {
  const std::lock_guard lock(workspace.erasing());
  return keeping::check_register(workspace.store(), workspace.register_folder(),
                                 workspace.register_key().public_key());
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
  const auto copies = [&] { return keeping::vault_copies(workspace.register_folder()); };
  const std::lock_guard lock(workspace.erasing());
  CARTELLA_TRY(keeping::check_register(workspace.store(), workspace.register_folder(),
                                       workspace.register_key().public_key()));
  CARTELLA_TRY(const auto count,
               cases::expire_access_months(workspace.store(), workspace.vault(),
                                           workspace.executor(), workspace.clock(), list, copies));
  if (count > 0) {
    CARTELLA_TRY(keeping::ask_for_backup(workspace.dir()));
    CARTELLA_TRY(attest_views(workspace));
  }
  return count;
}

Result<std::size_t> rewrite_register(Workspace& workspace) {
  const std::lock_guard lock(workspace.erasing());
  return keeping::rewrite_register(workspace.store(), *workspace.executor().organisation(),
                                   workspace.register_folder(), workspace.register_key());
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

Result<keeping::ExportManifest> checked_export(const Workspace& workspace, const EventId& proposal,
                                               const cases::OrganisationState::Erasure& erasure,
                                               const std::filesystem::path& folder) {
  CARTELLA_TRY(auto manifest, keeping::check_export(folder));
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
  return manifest;
}

ControllerFence::ControllerFence(Workspace& workspace, const ControllerId& controller)
    : x_workspace(&workspace), x_controller(controller) {
  workspace.vault().hold_owner_keys(controller);
}

Result<ControllerFence> ControllerFence::raise(Workspace& workspace,
                                               const ControllerId& controller) {
  ControllerFence fence(workspace, controller);
  for (;;) {
    CARTELLA_TRY(auto extent,
                 keeping::extent_of_controller(workspace.store(), workspace.vault(), controller));
    // Behind the fence nothing is added: what is the same again is all.
    if (extent.owner_keys == fence.x_extent.owner_keys && extent.streams == fence.x_extent.streams)
      return fence;
    CARTELLA_TRY(workspace.store().fence(extent.owner_keys, extent.streams));
    const auto before = std::exchange(fence.x_extent, std::move(extent));
    CARTELLA_TRY(workspace.store().lift_fence(before.owner_keys, before.streams));
  }
}

ControllerFence::~ControllerFence() {
  if (x_workspace == nullptr) return;
  (void)x_workspace->store().lift_fence(x_extent.owner_keys, x_extent.streams);
  x_workspace->vault().release_owner_keys(x_controller);
}

Result<std::string> taken_along(Workspace& workspace, const keeping::ExportManifest& exported,
                                const std::filesystem::path& folder,
                                const std::filesystem::path& passphrase_file) {
  const keeping::ExportParts parts{workspace.store(), workspace.vault(), workspace.log_key(),
                                   workspace.clock()};
  CARTELLA_TRY(const auto count, keeping::events_since_export(parts, exported));
  if (count == 0) return cases::export_ground(exported.digest);
  if (passphrase_file.empty())
    return fail(Errc::refused,
                "dopo l'esportazione sono stati registrati " + std::to_string(count) +
                    " accessi: con --receiver-passphrase-file vanno nel supplemento");
  CARTELLA_TRY(const auto receiver,
               read_passphrase(passphrase_file, "della frase del destinatario"));
  CARTELLA_TRY(workspace.store().publish());
  CARTELLA_TRY(const auto supplement, keeping::write_supplement(parts, exported, receiver, folder));
  return cases::export_ground(exported.digest, supplement.digest);
}

}  // namespace cartella::ops
