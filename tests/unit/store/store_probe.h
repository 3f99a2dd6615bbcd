// tests/unit/store/store_probe.h: lets tests reach the parts of a store.
// Threads: as the parts.
#pragma once

#include "store/store_impl.h"

namespace cartella::store {

struct StoreProbe {
  static LogDb& db(Store& store) { return *store.x_impl->db; }
  static Journal& journal(Store& store) { return *store.x_impl->journal; }
  static Writer& writer(Store& store) { return store.x_impl->writer; }
};

}  // namespace cartella::store
