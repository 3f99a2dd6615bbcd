#include "cases/server_signer.h"

namespace cartella::cases {

ServerSigner::Use::~Use() { x_of.end(x_signer); }

ServerSigner::Use ServerSigner::use() {
  const std::lock_guard lock(x_mutex);
  ++x_current_uses;
  return {*this, *x_current};
}

void ServerSigner::end(const crypto::Signer* signer) {
  const std::lock_guard lock(x_mutex);
  if (signer == x_current) {
    --x_current_uses;
  } else if (--x_earlier_uses == 0) {
    x_ended.notify_all();
  }
}

void ServerSigner::replace(const crypto::Signer& next) {
  std::unique_lock lock(x_mutex);
  if (&next == x_current) return;
  x_earlier_uses = x_current_uses;
  x_current_uses = 0;
  x_current = &next;
  x_ended.wait(lock, [&] { return x_earlier_uses == 0; });
}

}  // namespace cartella::cases
