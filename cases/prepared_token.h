// cases/prepared_token.h: what the server needs again at commit, carried by the client.
//
// Nothing is kept between prepare and commit: the token is the sealed call, encrypted and
// authenticated and bound to the actor. Its key dies with the process, because a start destroys
// the stream secrets that no event uses (Vault::destroy_unused), and a call that was sealed with
// one of them must not be appended afterwards. Threads: const methods from any thread.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "store/store.h"

namespace cartella::cases {

struct HeldCall {
  std::int64_t deadline_us = 0;  // of the monotonic clock of this process
  SubjectId subject;
  bool confirms_clock = false;
  bool defines = false;  // the organisation, or what concerns the log
  // How many definitions the call was decided on: operators, roles and lists have no expected
  // revision of their own.
  std::uint64_t definitions = 0;
  store::Call call;  // sealed, with the author's key named and no signature
};

class PreparedTokens {
 public:
  // `key` is the vault's named secret "prepared".
  PreparedTokens(const crypto::Secret32& key, const LogId& log);
  Bytes seal(const OperatorId& actor, const HeldCall& held) const;
  // refused ("prepared_unknown: ..."): forged, changed, of another actor, or of an earlier start.
  Result<HeldCall> open(const OperatorId& actor, ByteView token) const;

 private:
  Bytes associated(const OperatorId& actor) const;

  const LogId x_log;
  const crypto::Secret32 x_key;
};

}  // namespace cartella::cases
