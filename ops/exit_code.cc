#include "ops/exit_code.h"

#include <new>
#include <ostream>

namespace cartella::ops {

ExitCode exit_code_of(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
    case Errc::invalid_input: return kExitUsage;
    case Errc::not_found:
    case Errc::erased:
    case Errc::subject_erased: return kExitNotFound;
    case Errc::in_use: return kExitInUse;
    case Errc::wrong_passphrase: return kExitPassphrase;
    case Errc::corrupt:
    case Errc::rollback: return kExitCorrupt;
    case Errc::io:
    case Errc::out_of_space: return kExitSystem;
    case Errc::unavailable: return kExitUnavailable;
    case Errc::conflict:
    case Errc::idempotency_conflict:
    case Errc::claim_taken:
    case Errc::refused:
    case Errc::illegal_transition:
    case Errc::permission_denied:
    case Errc::key_revoked:
    case Errc::bad_signature:
    case Errc::clock_suspect:
    case Errc::unsupported: return kExitRefused;
  }
  return kExitRefused;
}

ExitCode exit_code_of_exception(const std::exception_ptr& exception, std::ostream& to) {
  bool memory = false;
  try {
    if (exception) std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    memory = true;
  } catch (...) {
    memory = false;
  }
  to << (memory ? "cartella: memoria insufficiente: l'operazione non è finita\n"
                : "cartella: errore imprevisto del programma: l'operazione non è finita; cartella "
                  "verify dice se l'archivio è integro\n");
  return kExitSystem;
}

}  // namespace cartella::ops
