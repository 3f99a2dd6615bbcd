// crypto/cosignature.h: what a witness adds to a checkpoint: C2SP cosignature/v1.
//
// A cosignature says: at this time, this was the largest tree of this log that the witness saw, and
// all that it saw before is contained in it. It signs "cosignature/v1\ntime N\n" and the note's
// text; the line holds key id || time u64 || Ed25519. Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signer.h"

namespace cartella::crypto {

struct Cosigner {
  std::string name;
  PublicKey key{};
};

// The vkey with algorithm 0x04, as other tools of the C2SP family read it.
std::string cosigner_key(const Cosigner& cosigner);
// invalid_input: not what cosigner_key writes.
Result<Cosigner> parse_cosigner_key(std::string_view text);

// One signature line with its newline. `time_s` counts seconds since 1970, up to the year 9999: a
// cosignature of a later time counts nowhere. invalid_input: `note` is no signed checkpoint.
Result<std::string> cosign(std::string_view note, std::string_view name, const Signer& key,
                           std::uint64_t time_s);

struct Cosignature {
  std::size_t cosigner = 0;  // index among those that were given
  std::uint64_t time_s = 0;
};
// Of each known cosigner the newest cosignature that verifies, in the order of `known`; lines of
// others are passed over. invalid_input: no signed checkpoint.
Result<std::vector<Cosignature>> valid_cosignatures(std::string_view note,
                                                    std::span<const Cosigner> known);

// `note` and, of `lines`, those of known cosigners that verify on it; what a cosigner said before
// is replaced by what is newer. invalid_input: either is malformed, or the note would be too long.
Result<std::string> add_cosignatures(std::string_view note, std::string_view lines,
                                     std::span<const Cosigner> known);

}  // namespace cartella::crypto
