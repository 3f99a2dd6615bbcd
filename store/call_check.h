// store/call_check.h: what a call must satisfy by itself, checked on the caller's thread.
//
// The writer is one thread for everybody, so whatever needs no state is done before the queue:
// limits, the shape of the expected revisions, the stubs against the leaf, author signatures, and
// the encoding.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "store/call_codec.h"
#include "store/signer_registry.h"
#include "store/store.h"

namespace cartella::store {

// One stream that a call writes.
struct StreamUse {
  StreamId stream;
  std::int64_t base = crypto::kExpectAny;  // the expected revision of its first event
};

struct PreparedCall {
  std::vector<crypto::Leaf> leaves;
  std::vector<std::uint32_t> use_of;  // per event, index into `uses`
  std::vector<StreamUse> uses;
  std::vector<crypto::StreamCheck> checks;
  std::vector<ClaimOp> claims;
  std::vector<KeyId> owner_keys;  // that its segments name
  CheckedSigners signers;
  Hash32 digest{};
  EncodedCall encoded;
  bool access_only = false;  // access records go on where commands stop (amendment 9)
};

// invalid_argument: empty, over a limit, an id twice, an expected revision that is neither a
// sentinel nor base + i (amendment 7), signature flags that do not fit the kind, a claim without a
// subject. corrupt: stubs or segments do not match the leaf. What SignerRegistry::check_call says.
Result<PreparedCall> prepare_call(Call call, const SignerRegistry& signers);

}  // namespace cartella::store
