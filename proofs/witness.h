// proofs/witness.h: a witness for neighbouring logs: cosigns only what grows from what it saw.
//
// It keeps, for each log that it follows, the newest checkpoint that it cosigned, on the disk
// before it answers: a witness that forgets could cosign two histories. One directory, apart from
// any store: witness.key (name and Ed25519 seed), logs (a text that an operator writes), state/,
// evidence/. Neighbours of a policy are followed as if they stood in `logs`. A log is its origin:
// any of the keys that stand there for it may sign, and all of them go on from the same cosigned
// checkpoint, which our own cosignature opens when the key that signed it is there no more. Where
// that checkpoint cannot be read nothing of its log is cosigned; the others are served. Of each log
// the first refused checkpoint of each kind stays as evidence. Threads: add_checkpoint and statuses
// from any; requests about one log wait for each other.
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

// Each line of `logs` is "log <verifier key>", of one log as many as it has keys; '#' begins a
// comment. invalid_input: names the line, in Italian; the same key twice too.
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
  unusable,     // 500: what was cosigned last cannot be read, so nothing more is
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
  std::vector<crypto::PublicKey> keys;  // that may sign for it
  bool is_unusable = false;             // what was cosigned last cannot be read
  std::uint64_t size = 0;               // of the newest cosigned checkpoint; 0: none
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
  // Appends to `logs`; a key that stands there already is no error. How many keys of that log stand
  // there now. invalid_input: no verifier key; io, out_of_space, not_found.
  static Result<std::size_t> follow(const std::filesystem::path& dir,
                                    const std::string& verifier_key);
  // in_use: another process is this witness; not_found, corrupt (its key), invalid_input, io.
  static Result<std::unique_ptr<Witness>> open(const std::filesystem::path& dir,
                                               const std::vector<crypto::VerifierKey>& neighbours,
                                               const Clock& clock);
  // Only reads, beside a witness that runs. In the order of `logs`, then of `neighbours`. As open,
  // but for in_use.
  static Result<std::vector<FollowedStatus>> read_statuses(
      const std::filesystem::path& dir, const std::vector<crypto::VerifierKey>& neighbours);
  static Result<crypto::Cosigner> read_cosigner(const std::filesystem::path& dir);
  ~Witness();

  const crypto::Cosigner& cosigner() const;
  std::size_t log_count() const;
  // Those whose cosigned checkpoint cannot be read, as indexes among the followed.
  std::vector<std::size_t> unusable_logs() const;
  // The body of an add-checkpoint. Whatever it holds, there is an answer.
  WitnessAnswer add_checkpoint(std::string_view body);
  // The newest checkpoint of the log with that origin, as the log signed it and with our
  // cosignature: what shows a log that it went back. 404: not followed, or none yet; 500: unusable.
  WitnessAnswer newest_checkpoint(std::string_view origin) const;

 private:
  struct Impl;
  explicit Witness(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::proofs
