// tests/fault/weak_batches.cc: a planted weakness: cursor and rows of a view in two batches.
//
// Linked with --wrap into a driver of its own, never into the product: a harness that does not see
// this would not see a mistake of ours either. Between the two batches the table is flushed, as
// RocksDB does by itself when its memory is full. Threads: as ViewsDb::write.
#include "projections/views_db.h"

namespace cartella::projections {

#define CARTELLA_VIEWS_WRITE \
  "_ZN8cartella11projections7ViewsDb5writeEPNS1_5TableERKSt6vectorINS0_9RowChangeESaIS5_EE"

Status real_write(ViewsDb* views, ViewsDb::Table* table,
                  const std::vector<RowChange>& changes) asm("__real_" CARTELLA_VIEWS_WRITE);
Status split_write(ViewsDb* views, ViewsDb::Table* table,
                   const std::vector<RowChange>& changes) asm("__wrap_" CARTELLA_VIEWS_WRITE);

Status split_write(ViewsDb* views, ViewsDb::Table* table, const std::vector<RowChange>& changes) {
  if (changes.size() < 2) return real_write(views, table, changes);
  // The feeder gives the cursor last.
  CARTELLA_TRY(real_write(views, table, {changes.back()}));
  CARTELLA_TRY(views->flush(table));
  return real_write(views, table, {changes.begin(), changes.end() - 1});
}

}  // namespace cartella::projections
