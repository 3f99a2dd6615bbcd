// store/verify_access.h: reaches into a store that is in use, for what reads more of it than its
// interface gives. Threads: any, as the parts allow.
#pragma once

#include "store/store_impl.h"

namespace cartella::store {

struct VerifyAccess {
  static const Store::Impl& parts(const Store& store) { return *store.x_impl; }
};

}  // namespace cartella::store
