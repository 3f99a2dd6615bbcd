// proofs/anchoring.h: has the newest checkpoint cosigned and time-stamped, in the background.
//
// At most once a second the newest signed checkpoint goes to each witness of the policy that has
// not cosigned it, to all of them at once, and from time to time to a time-stamp authority; what
// comes back is kept in the AnchorFolder. Nobody waits for it: who is away is asked again, after a
// second, then after twice as long up to five minutes. A witness that saw another or a longer
// history raises an alarm, and so does a kept checkpoint beyond the log; it stays until the process
// ends. Whether it is believed is said with it: whoever said so is asked for what the log signed.
// Of anchors without a time-stamp, one an hour is kept for ever. Threads: one inside; methods from
// any.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "proofs/anchors.h"
#include "proofs/time_stamp_client.h"
#include "proofs/witness_client.h"
#include "proofs/witness_policy.h"
#include "store/log_meta.h"
#include "store/store.h"

namespace cartella::proofs {

// What a witness said against the log.
struct WitnessAlarm {
  std::string witness;
  std::uint64_t size = 0;  // of the tree that it saw last
  bool is_ahead = false;   // that is larger than the log; else it is of another history
  bool is_proved = false;  // it showed a checkpoint that a key of this log signed and that says so
  // Proved, or said over https by more than half of the policy's witnesses. Else it is one's word
  // against the log: a witness that lies, or who lies in its name on plain HTTP, stops nothing.
  bool is_believed = false;
};

struct AnchoringOptions {
  std::optional<WitnessPolicy> policy;
  std::string witness_ca_file;  // PEM; empty: the system's
  std::optional<TimeStampAuthority> authority;
  // The log's keys before the one it has now, as they are when a witness speaks against the log:
  // what they signed proves as much. Called by the thread that asks; none: there are none.
  std::function<Result<std::vector<store::PastKey>>()> past_keys;
  std::chrono::milliseconds round{1000};
  std::chrono::milliseconds pause_max{300'000};  // between tries of one that is away
  // Start asks every witness before it returns, so that a rollback is known before anything is
  // written; one that is away keeps it waiting for the time-out of an exchange, one that speaks
  // against the log for two.
  bool ask_first = false;
  // Called by the thread that asks, after each round in which a witness says so.
  std::function<void(const WitnessAlarm&)> on_alarm;
};

struct WitnessStatus {
  std::string name;
  WitnessOutcome outcome = WitnessOutcome::none;  // of the last try
  std::uint64_t size = 0;                         // of the newest checkpoint that it cosigned
  std::uint64_t failures = 0;                     // tries that ended without a cosignature
  bool is_alarmed = false;
};

struct AnchoringStatus {
  std::vector<WitnessStatus> witnesses;
  std::uint64_t quorum_size = 0;      // the newest checkpoint with the quorum; 0: none
  std::uint64_t time_stamp_size = 0;  // the newest with a time-stamp; 0: none
  TimeUs time_stamp_time;
  std::uint64_t time_stamp_failures = 0;
  bool has_authority = false;
  bool is_alarmed = false;
};

class Anchoring {
 public:
  // The references outlive it. invalid_input: an address; io, corrupt: what is kept cannot be read.
  static Result<std::unique_ptr<Anchoring>> start(const store::Store& store, const Clock& clock,
                                                  const Logger& logger, const AnchorFolder& folder,
                                                  AnchoringOptions options);
  ~Anchoring();  // waits for the exchange that is under way

  AnchoringStatus status() const;
  // What is shown to the public: the newest checkpoint, with its cosignatures where it has some;
  // under `away refuse-publishing` the newest that has the quorum. unavailable: there is none.
  Result<std::string> checkpoint() const;

 private:
  struct Impl;
  explicit Anchoring(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::proofs
