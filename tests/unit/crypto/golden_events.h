// tests/unit/crypto/golden_events.h: one event of every leaf kind, with fixed ids, keys and time.
//
// tests/golden/ holds the bytes that they must always give. People and places are invented.
// Threads: tests only.
#pragma once

#include <string>
#include <vector>

#include "crypto/record.h"
#include "crypto/signer.h"

namespace cartella::crypto::testing {

struct GoldenEvent {
  std::string name;  // of the leaf kind and of the file
  EventPlan plan;
};

// In the order of their positions; the genesis is first.
std::vector<GoldenEvent> golden_events();
LogId golden_log();
std::string golden_origin();
Signer golden_server_signer();
Signer golden_log_signer();

// Segment key = KDF(owner key, "segment", stream secret), as the vault derives it; owner key =
// SHA-256("golden owner key" || id), stream secret = SHA-256("golden stream secret" || id).
class GoldenKeys final : public SegmentKeys {
 public:
  Result<Secret32> segment_key(const KeyId& owner_key, const StreamId& stream) override;
};

}  // namespace cartella::crypto::testing
