// crypto/note.h: C2SP signed notes, checkpoints, tlog-proofs and consistency proofs.
//
// A checkpoint is "origin\nsize\nroot base64\n" signed as a note; key id = SHA-256(name || "\n" ||
// 0x01 || public key)[:4]. Texts from outside are bounded and refused when malformed.
// Threads: free functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/signer.h"

namespace cartella::crypto {

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash32 root{};
};

std::string checkpoint_body(const Checkpoint& checkpoint);
// The signed note, with name = origin.
std::string sign_checkpoint(const Checkpoint& checkpoint, const Signer& log_key);
// invalid_input: malformed; bad_signature: not signed by `key` under `origin`.
Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin,
                                   const PublicKey& key);
// What a note says, whoever signed it: to find the key that open_checkpoint then wants.
// invalid_input.
Result<Checkpoint> read_checkpoint(std::string_view note);
// The note with the log's signature alone, whatever others added. invalid_input, bad_signature.
Result<std::string> note_signed_by(std::string_view note, std::string_view origin,
                                   const PublicKey& key);
// "<name>+<hex key id>+<base64 of 0x01 || key>": the vkey that other note tools read.
std::string verifier_key(std::string_view name, const PublicKey& key);
struct VerifierKey {
  std::string name;
  PublicKey key{};
};
// invalid_input: not what verifier_key writes.
Result<VerifierKey> parse_verifier_key(std::string_view text);

struct TlogProof {  // C2SP tlog-proof@v1
  std::uint64_t index = 0;
  std::vector<Hash32> hashes;
  std::string checkpoint;  // signed note
};
std::string encode_proof(const TlogProof& proof);
Result<TlogProof> decode_proof(std::string_view text);

// That the tree of a checkpoint contains an older one: the text that C2SP tlog-witness sends.
struct ConsistencyProof {
  std::uint64_t old_size = 0;
  std::vector<Hash32> hashes;
  std::string checkpoint;  // signed note of the newer tree
};
std::string encode_consistency(const ConsistencyProof& proof);
// invalid_input. The checkpoint inside is not judged.
Result<ConsistencyProof> decode_consistency(std::string_view text);

}  // namespace cartella::crypto
