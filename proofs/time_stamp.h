// proofs/time_stamp.h: RFC 3161 time-stamps: the question to an authority, and what it answered.
//
// A time-stamp says: these 32 bytes were there at this time, on the word of an authority that knows
// neither the log nor its operator. It is judged as of the time that it names, against a file of
// authorities that the reader trusts: years later their certificates have ended lawfully. Threads:
// functions, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/note.h"

namespace cartella::proofs {

// A response holds the authority's certificates.
inline constexpr std::size_t kTimeStampBytesMax = 64 * 1024;

// The DER of a question, with a random nonce. Of a checkpoint, the digest is SHA-256 of the note as
// one key of the log alone signed it. unsupported: OpenSSL refuses.
Result<Bytes> make_time_stamp_query(const Hash32& digest);

struct TimeStamp {
  TimeUs time;            // to the second
  std::string authority;  // the name in its certificate
};

// An answer to the question just put: granted, of this digest and nonce, signed by an authority
// that the file vouches for. invalid_input: no response, refused by the authority, or of something
// else; bad_signature: nobody who is trusted signed it; io: the file cannot be used.
Result<TimeStamp> check_time_stamp_answer(ByteView response, ByteView query,
                                          const std::string& ca_file);
// A kept one, of whose question only the digest is known. As above.
Result<TimeStamp> check_time_stamp(ByteView response, const Hash32& digest,
                                   const std::string& ca_file);
// A kept one that may be of any of these. As above.
Result<TimeStamp> check_time_stamp(ByteView response, std::span<const Hash32> digests,
                                   const std::string& ca_file);
// What a time-stamp of a checkpoint may be over: the note with the line of one of the log's `keys`
// alone, as it is asked for; and where two keys signed, as at a change of key, with the lines of
// both: so were stamps made that are kept for good. Empty: none of them signed it.
std::vector<std::string> stamped_notes(std::string_view note,
                                       std::span<const crypto::VerifierKey> keys);
// What it says of itself, signed by whoever. invalid_input.
Result<TimeStamp> read_time_stamp(ByteView response);

}  // namespace cartella::proofs
