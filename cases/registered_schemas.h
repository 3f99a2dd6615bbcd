// cases/registered_schemas.h: the schemas with which a log says how to read its bodies.
//
// A log knows the schema of everything that is written into it, from before that is written: init
// registers those of the program that makes it, an upgrade those that a later program brings. One
// is never taken back, so a log knows more than an earlier program writes. Threads: as the store's.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "cases/installation_call.h"
#include "store/store.h"

namespace cartella::cases {

// unsupported: this program writes what the log has no schema of (the first one is named). What
// read_stream returns.
Status check_schemas(const store::Store& store);
// Registers what is missing, in as many calls as it takes; answers how many. Repeated after a kill
// it goes on. What read_stream, sealing and append return.
Result<std::size_t> register_schemas(const store::Store& store, const InstallationCalls& calls);

}  // namespace cartella::cases
