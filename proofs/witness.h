// proofs/witness.h: a witness for neighbouring logs: cosigns only what grows from what it saw.
//
// It keeps, for each log that it follows, the newest checkpoint that it cosigned, on the disk
// before it answers: a witness that forgets could cosign two histories. One directory, apart from
// any store: witness.key (name and Ed25519 seed), logs (a text that an operator writes), state/,
// evidence/. Neighbours of a policy are followed as if they stood in `logs`. Of each log the first
// refused checkpoint of each kind stays as evidence. Threads: add_checkpoint and statuses from any;
// requests about one log wait for each other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/cosignature.h"
#include "crypto/note.h"

namespace cartella::proofs {

// Each line of `logs` is "log <verifier key>"; '#' begins a comment. invalid_input: names the line,
// in Italian.
Result<std::vector<crypto::VerifierKey>> parse_followed_logs(std::string_view text);

enum class WitnessVerdict : std::uint8_t {
  cosigned,
  malformed,    // 400
  unknown_log,  // 404
  forged,       // 403: not signed by the log
  conflict,     // 409: not from the size that was cosigned last
  fork,         // 409: another root at the size that was cosigned last
  unproved,     // 422: does not grow from what was cosigned last, or the proof is wrong
  failed,       // 500: not kept, so not cosigned
};

struct WitnessAnswer {
  WitnessVerdict verdict = WitnessVerdict::malformed;
  unsigned status = 400;
  std::string content_type;
  std::string body;
  std::size_t log = 0;     // index among the followed, where it is one
  std::uint64_t size = 0;  // that the request was about
};

struct FollowedStatus {
  std::string origin;
  std::uint64_t size = 0;  // of the newest cosigned checkpoint; 0: none
  // Two roots of one size, both signed by the log: proves that it was told in two ways.
  std::optional<std::string> fork;
  // A signed checkpoint that came without a proof that holds. It proves nothing by itself: whoever
  // has the checkpoint may have sent it so.
  std::optional<std::string> unproved;
};

class Witness {
 public:
  // Makes the directory and a key. invalid_argument: it is there already, or the name has a space
  // or a plus sign; io, out_of_space.
  static Status create(const std::filesystem::path& dir, const std::string& name);
  // Appends to `logs`; a log that is followed already is no error. invalid_input: no verifier key;
  // io, out_of_space, not_found.
  static Status follow(const std::filesystem::path& dir, const std::string& verifier_key);
  // in_use: another process is this witness; not_found, corrupt, invalid_input (one log with two
  // keys too), io.
  static Result<std::unique_ptr<Witness>> open(const std::filesystem::path& dir,
                                               const std::vector<crypto::VerifierKey>& neighbours,
                                               const Clock& clock);
  // Only reads, beside a witness that runs. As open, but for in_use.
  static Result<std::vector<FollowedStatus>> read_statuses(
      const std::filesystem::path& dir, const std::vector<crypto::VerifierKey>& neighbours);
  static Result<crypto::Cosigner> read_cosigner(const std::filesystem::path& dir);
  ~Witness();

  const crypto::Cosigner& cosigner() const;
  std::size_t log_count() const;
  // The body of an add-checkpoint. Whatever it holds, there is an answer.
  WitnessAnswer add_checkpoint(std::string_view body);
  // The newest checkpoint of the log with that origin, as the log signed it: what shows a log that
  // it went back. 404: not followed, or none yet.
  WitnessAnswer newest_checkpoint(std::string_view origin) const;

 private:
  struct Impl;
  explicit Witness(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::proofs
