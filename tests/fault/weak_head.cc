// tests/fault/weak_head.cc: a planted weakness: the head copy is never written.
//
// Linked with --wrap into a driver of its own, never into the product. Damage to the last record of
// the journal then looks like a torn tail. Threads: as write_head_copy.
#include "store/log_meta.h"

namespace cartella::store {

Status no_head_copy(const std::filesystem::path& dir, const std::string& note) asm(
    "__wrap__ZN8cartella5store15write_head_copyERKNSt10filesystem7__cxx114pathERKNSt7__cxx1112"
    "basic_stringIcSt11char_traitsIcESaIcEEE");

Status no_head_copy(const std::filesystem::path&, const std::string&) { return ok(); }

}  // namespace cartella::store
