// tests/unit/proofs/log_double.h: a small log in memory, and a server that lies about it.
//
// It holds every key itself, so that a lie may be as consistent as its teller can make it: leaves,
// links and tree are computed after it, checkpoints signed over it. The honest story has ten events
// in eight calls: genesis and server, an author, two events of that author, a look, a setting, a
// third event, the author's revocation, one event by the server.
// Ownership: not copied, it owns its keys. Threads: tests only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "crypto/note.h"
#include "crypto/record.h"
#include "proofs/bundle_format.h"
#include "tests/unit/crypto/support.h"

namespace cartella::proofs::testing {

using crypto::testing::id_of;
using crypto::testing::secret_of;

// Whether a bundle holds the key events behind its range; it may leave them out.
enum class KeysBehind : std::uint8_t { left_out, carried };

struct Lies {
  std::function<void(std::uint64_t position, crypto::EventPlan&)> plan;  // before it is sealed
  std::function<void(crypto::StoredEvent&)> event;  // signed and placed, before it is hashed
};

class LogDouble {
 public:
  // `keys` names the log's keys: another name gives the same story with other keys.
  explicit LogDouble(Lies lies = {}, const std::string& keys = "double");

  void call(const std::string& name, std::vector<crypto::EventPlan> plans,
            const crypto::Signer* author = nullptr);
  void sign(crypto::StoredEvent& event, const crypto::Signer& signer, std::uint16_t flags) const;

  std::uint64_t size() const { return events.size(); }
  Hash32 root_at(std::uint64_t size) const;
  std::string log_key_text() const { return crypto::verifier_key(origin, log_key.public_key()); }
  // Signed by the log and, where `is_cosigned`, by the witness.
  std::string checkpoint(std::uint64_t size, bool is_cosigned = true) const;
  // Names the witness as independent.
  std::string policy() const;
  crypto::TlogProof prove(std::uint64_t position) const;
  // Of a bundle of [from, to) with that policy, without the last one.
  std::vector<Frame> frames(std::uint64_t from, std::uint64_t to,
                            const std::vector<std::uint64_t>& checkpoints,
                            KeysBehind behind = KeysBehind::left_out) const;

  LogId log = crypto::testing::log_of("double");
  std::string origin = "cartella/double/0123456789abcdef";
  crypto::Signer log_key;
  crypto::Signer server;
  crypto::Signer author;
  crypto::Signer witness;
  std::vector<crypto::StoredEvent> events;
  crypto::testing::LeafList leaves;
  std::vector<Hash32> hashes;
  std::vector<std::uint64_t> ends;  // sizes after each call; another cuts one in two

 private:
  void tell();
  Lies x_lies;
  crypto::testing::FakeKeys x_keys;
  std::int64_t x_time_us = 1'700'000'000'000'000;
};

// The whole file: magic, frames, end.
std::string assemble(const std::vector<Frame>& frames);

Bytes genesis_message(const LogId& log, const std::string& origin, const crypto::PublicKey& key);
// `proof`: the key's own signature.
Bytes enrolment_message(const crypto::Signer& signer, const OperatorId& owner,
                        const std::vector<std::string>& rights, const crypto::Signature& proof);
crypto::Signature possession(const LogId& log, const crypto::Signer& signer,
                             const OperatorId& owner);
Bytes revocation_message(const SignerId& signer, std::uint64_t from_position);
Bytes configuration_message(const std::string& key, const std::string& value);
crypto::EventPlan clear_plan(schema::EventType type, const std::string& stream, Bytes message,
                             std::int64_t expected);

}  // namespace cartella::proofs::testing
