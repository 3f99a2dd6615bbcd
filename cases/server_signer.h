// cases/server_signer.h: the key with which the server signs now, and how another takes its place.
//
// Whoever seals a call holds a Use from before the seal until the call is answered, so that a
// rotation can wait until nothing signed with the old key is on its way: then the old one is
// revoked, and no call of ours is refused for it.
// Ownership: the signers outlive the object, the old ones too. Threads: any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "crypto/signer.h"

namespace cartella::cases {

class ServerSigner {
 public:
  explicit ServerSigner(const crypto::Signer& signer) : x_current(&signer) {}

  class Use {
   public:
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    const crypto::Signer& signer() const { return *x_signer; }

   private:
    friend class ServerSigner;
    Use(ServerSigner& of, const crypto::Signer& signer) : x_of(of), x_signer(&signer) {}
    ServerSigner& x_of;
    const crypto::Signer* x_signer;
  };
  Use use();
  // Every later Use has `next`; returns when no earlier one is left. One thread at a time.
  void replace(const crypto::Signer& next);

 private:
  void end(const crypto::Signer* signer);

  std::mutex x_mutex;
  std::condition_variable x_ended;
  const crypto::Signer* x_current;
  std::size_t x_current_uses = 0;
  std::size_t x_earlier_uses = 0;
};

}  // namespace cartella::cases
