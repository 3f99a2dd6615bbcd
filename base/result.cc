#include "base/result.h"

namespace cartella {

std::string_view errc_name(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return "invalid_argument";
    case Errc::invalid_input: return "invalid_input";
    case Errc::not_found: return "not_found";
    case Errc::conflict: return "conflict";
    case Errc::idempotency_conflict: return "idempotency_conflict";
    case Errc::erased: return "erased";
    case Errc::claim_taken: return "claim_taken";
    case Errc::refused: return "refused";
    case Errc::illegal_transition: return "illegal_transition";
    case Errc::permission_denied: return "permission_denied";
    case Errc::subject_erased: return "subject_erased";
    case Errc::key_revoked: return "key_revoked";
    case Errc::bad_signature: return "bad_signature";
    case Errc::clock_suspect: return "clock_suspect";
    case Errc::out_of_space: return "out_of_space";
    case Errc::unavailable: return "unavailable";
    case Errc::in_use: return "in_use";
    case Errc::wrong_passphrase: return "wrong_passphrase";
    case Errc::corrupt: return "corrupt";
    case Errc::rollback: return "rollback";
    case Errc::io: return "io";
    case Errc::unsupported: return "unsupported";
  }
  return "unknown";
}

}  // namespace cartella
