#include "ops/exit_code.h"

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

}  // namespace cartella::ops
