// proofs/bundle_write.h: takes a range of the log out for an auditor, as one file without secrets.
//
// What stands in it: docs/data_formats.md "Bundle". No key is used and no sealed segment leaves;
// bodies are those of the kinds that hold no personal data. The same range of the same log with the
// same anchors gives the same bytes. Appends may go on meanwhile. Threads: a call belongs to one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "proofs/anchors.h"
#include "proofs/bundle_format.h"
#include "store/store.h"

namespace cartella::proofs {

struct BundleRequest {
  std::uint64_t from = 0;
  std::optional<std::uint64_t> to;        // behind the last position; empty: all that is signed
  const AnchorFolder* anchors = nullptr;  // null: none are kept
  std::string log_key;                    // verifier key of the log
  std::string policy;                     // of the log's witnesses; empty: none
  std::uint64_t outside_max = kBundleOutsideMax;
};

struct BundleWritten {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t size = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t earlier = 0;  // key events before the range
  std::uint64_t later = 0;    // and behind it
  std::uint64_t bytes = 0;
};

// Memory: one frame, the sizes that anchors are kept of, and 1024 checkpoints at a time.
// invalid_argument: an empty range, one that ends within the call that began the log, one of more
// than kBundleEventsMax events, or more than outside_max key events outside it. not_found: beyond
// the newest checkpoint. Else what the store, the anchors and the sink return.
Result<BundleWritten> write_bundle(const store::Store& store, const BundleRequest& request,
                                   const FrameWriter::Sink& sink);

// As a bundle holds an event.
BundleEvent bundle_event(const crypto::StoredEvent& event);

}  // namespace cartella::proofs
