// tests/fault/weak_register.cc: a planted weakness: the list of erasures is taken for empty.
//
// Linked with --wrap into a driver of its own, never into the product: a restore then forgets whom
// it must erase again. Threads: as read_erasures.
#include "keeping/erasure_register.h"

namespace cartella::keeping {

using Read = Result<std::vector<ErasureRecord>>;

Read no_erasures(const std::filesystem::path&, const LogId&, const crypto::PublicKey&) asm(
    "__wrap__ZN8cartella7keeping13read_erasuresERKNSt10filesystem7__cxx114pathERKNS_5LogIdERKSt5"
    "arrayIhLm32EE");

Read no_erasures(const std::filesystem::path&, const LogId&, const crypto::PublicKey&) {
  return std::vector<ErasureRecord>{};
}

}  // namespace cartella::keeping
