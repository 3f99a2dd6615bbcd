// tests/fault/weak_verifier.cc: a planted weakness: a verifier that does not look at the ids.
//
// Linked with --wrap into a driver of its own, never into the product. Threads: as verify_ids.
#include "store/verify_work.h"

namespace cartella::store {

Status no_verify_ids(VerifyWork& work) asm(
    "__wrap__ZN8cartella5store10verify_idsERNS0_10VerifyWorkE");

Status no_verify_ids(VerifyWork&) { return ok(); }

}  // namespace cartella::store
