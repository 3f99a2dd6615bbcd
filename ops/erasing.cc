#include "ops/erasing.h"

#include "cases/access_retention.h"
#include "keeping/erasure_register.h"
#include "ops/attest.h"

namespace cartella::ops {

keeping::ErasureParts erasure_parts(Workspace& workspace) {
  return {workspace.store(),          workspace.vault(),        workspace.engine(),
          workspace.executor(),       workspace.register_key(), workspace.clock(),
          workspace.register_folder()};
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

}  // namespace cartella::ops
