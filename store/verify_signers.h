// store/verify_signers.h: who may sign what, read from the clear key events of the log itself.
//
// The log key of the meta file is given; every other key must have been enrolled by an event that a
// known key signed, or in the genesis call, where nobody is known before. Each genesis starts an
// era with its own log id and key (amendment 5).
// Threads: loaded by one; then const from any.
#pragma once

#include <map>
#include <vector>

#include "crypto/record.h"
#include "crypto/signer.h"
#include "store/verify_work.h"

namespace cartella::store {

class VerifySigners {
 public:
  // Reads all key and genesis events of the log. io.
  static Result<VerifySigners> load(VerifyWork& work);

  // Empty where the signature is good; else what is wrong with it. Sets `is_revoked_later` where
  // the key was revoked afterwards, from a position before this one.
  std::optional<std::string> check(const crypto::Leaf& leaf, bool& is_revoked_later) const;
  // invalid_input, bad_signature.
  Result<crypto::Checkpoint> open_checkpoint(std::string_view note) const;

 private:
  struct Key {
    crypto::PublicKey key{};
    bool may_append = false;
    bool may_enrol = false;
    bool may_serve = false;
    std::uint64_t enrolled_at = 0;
    std::uint64_t revoked_at = 0;    // position of the revoking event; 0: never
    std::uint64_t revoked_from = 0;  // as it says
  };
  struct Era {
    std::uint64_t first = 0;
    LogId log;
    crypto::PublicKey key{};
    SignerId signer;  // of the key
    std::string origin;
    static Era of(const LogMeta& meta);  // the one that the log's own file names
  };

  Status read_event(VerifyWork& work, std::uint64_t position);
  Status read_genesis(VerifyWork& work, std::uint64_t position, ByteView message);
  Status read_enrolled(VerifyWork& work, const crypto::Leaf& leaf, ByteView message);
  Status read_revoked(std::uint64_t position, ByteView message);
  const Era& era_at(std::uint64_t position) const;

  std::vector<Era> x_eras;
  std::uint64_t x_genesis_count = 0;  // events of the call at position 0
  std::map<SignerId, Key> x_keys;
};

}  // namespace cartella::store
