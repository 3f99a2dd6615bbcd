#include "store/verify_signers.h"

#include <algorithm>

#include "schema/body.h"
#include "store/rows.h"

namespace cartella::store {
namespace {

constexpr std::uint64_t kPartPositions = 1u << 13;

struct KeyEvents {
  std::vector<std::uint64_t> signers;  // positions of the kinds that say who may sign, in order
  std::vector<std::uint64_t> keys;     // those of the kind key, which the index lists
};

Result<KeyEvents> find_key_events(VerifyWork& work) {
  const std::uint64_t parts = (work.size + kPartPositions - 1) / kPartPositions;
  std::vector<KeyEvents> found(parts);
  CARTELLA_TRY(run_parts(work.threads, parts, [&](std::uint64_t part) -> Status {
    const std::uint64_t from = part * kPartPositions;
    const PositionKey end = position_key(std::min(work.size, from + kPartPositions));
    LogCursor cursor = work.db.cursor(Family::leaves, LogDb::Walk::bulk);
    for (cursor.seek(position_key(from)); cursor.valid(); cursor.next()) {
      const ByteView key = cursor.key();
      if (key.size() != end.size()) continue;
      if (!std::ranges::lexicographical_compare(key, end)) break;
      if (cursor.value().size() != crypto::kLeafBytes) continue;
      const auto kind = static_cast<schema::LeafKind>(cursor.value()[5]);
      if (kind != schema::LeafKind::key && kind != schema::LeafKind::schema) continue;
      found[part].signers.push_back(load_be64(key.data()));
      if (kind == schema::LeafKind::key) found[part].keys.push_back(load_be64(key.data()));
    }
    return note_read(work, cursor.status(), from);
  }));
  KeyEvents all;
  for (const KeyEvents& part : found) {
    all.signers.insert(all.signers.end(), part.signers.begin(), part.signers.end());
    all.keys.insert(all.keys.end(), part.keys.begin(), part.keys.end());
  }
  return all;
}

// A start reads its signers from this index, so that a row less forgets a revocation.
Status check_key_index(VerifyWork& work, const std::vector<std::uint64_t>& keys) {
  std::vector<std::uint64_t> indexed;
  LogCursor cursor = work.db.cursor(Family::keys, LogDb::Walk::bulk);
  for (cursor.seek(position_key(0)); cursor.valid(); cursor.next()) {
    if (cursor.key().size() != sizeof(PositionKey)) continue;  // the end row
    const std::uint64_t position = load_be64(cursor.key().data());
    if (position < work.size || !work.is_live) indexed.push_back(position);
  }
  CARTELLA_TRY(note_read(work, cursor.status(), std::nullopt));
  const auto [key, row] = std::ranges::mismatch(keys, indexed);
  if (key == keys.end() && row == indexed.end()) return ok();
  std::uint64_t first = work.size;
  if (key != keys.end()) first = std::min(first, *key);
  if (row != indexed.end()) first = std::min(first, *row);
  work.findings.add(VerifyCheck::signatures, first,
                    "the index of key events is not that of the log");
  return ok();
}

bool copy_32(capnp::Data::Reader from, Hash32& to) {
  if (from.size() != to.size()) return false;
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

std::uint64_t schema_of(schema::EventType type) { return schema::find_type(type)->schema_id; }

}  // namespace

VerifySigners::Era VerifySigners::Era::of(const LogMeta& meta) {
  return {0, meta.log, meta.key, crypto::signer_id_of(meta.key), meta.origin};
}

Result<VerifySigners> VerifySigners::load(VerifyWork& work) {
  VerifySigners signers;
  if (work.size == 0) {
    signers.x_eras.push_back(Era::of(work.meta));
    return signers;
  }
  CARTELLA_TRY(const KeyEvents key_events, find_key_events(work));
  CARTELLA_TRY(check_key_index(work, key_events.keys));
  signers.x_genesis_count = 1;
  const auto first = load_leaf(work.db, 0);
  if (first) {
    const auto id = load_id(work.db, first.value().event_id);
    if (id && id.value() && id.value()->command && id.value()->position == 0) {
      // A call has at most this many events, so a forged row widens the circle no further.
      signers.x_genesis_count =
          std::min<std::uint64_t>(id.value()->command->event_count, kCallEventsMax);
    }
  }
  for (const std::uint64_t position : key_events.signers) {
    CARTELLA_TRY(signers.read_event(work, position));
  }
  if (signers.x_eras.empty() || signers.x_eras.front().first != 0) {
    work.findings.add(VerifyCheck::genesis, 0, "position 0 is not a readable genesis");
    signers.x_eras.insert(signers.x_eras.begin(), Era::of(work.meta));
  }
  // A change of the log key that a crash broke off is finished by the next start: until then the
  // log's own file names the key of before.
  const auto is_own = [&](const Era& era) {
    return era.log == work.meta.log && era.key == work.meta.key && era.origin == work.meta.origin;
  };
  const auto& eras = signers.x_eras;
  const bool is_broken_off = eras.size() > 1 && is_own(eras[eras.size() - 2]);
  if (!is_own(eras.back()) && !is_broken_off) {
    work.findings.add(VerifyCheck::genesis, eras.back().first,
                      "the genesis names another log id, key or origin than the log's own file");
  }
  return signers;
}

Status VerifySigners::read_event(VerifyWork& work, std::uint64_t position) {
  const auto event = load_event(work.db, position);
  // What cannot be read is found by the pass over the events.
  if (!event) {
    if (event.error().code == Errc::corrupt) return ok();
    return event.error();
  }
  for (const Bytes& stored : event.value().body.segments) {
    const auto opened = crypto::open_clear_segment(stored);
    if (!opened) continue;
    const crypto::Plaintext& plaintext = opened.value().plaintext;
    Status read = ok();
    if (plaintext.schema_id == schema_of(schema::EventType::genesis)) {
      read = read_genesis(work, position, plaintext.message);
    } else if (plaintext.schema_id == schema_of(schema::EventType::signer_enrolled)) {
      read = read_enrolled(work, event.value().leaf, plaintext.message);
    } else if (plaintext.schema_id == schema_of(schema::EventType::signer_revoked)) {
      read = read_revoked(position, plaintext.message);
    }
    if (!read) work.findings.add(VerifyCheck::signatures, position, read.error().detail);
  }
  return ok();
}

Status VerifySigners::read_genesis(VerifyWork& work, std::uint64_t position, ByteView message) {
  Era era;
  era.first = position;
  CARTELLA_TRY(
      schema::with_body<schema::Genesis>(message, [&](schema::Genesis::Reader genesis) -> Status {
        if (genesis.getFormat() != crypto::kFormat)
          return fail(Errc::unsupported, "a genesis of another format");
        if (!copy_32(genesis.getLogId(), era.log.bytes) || !copy_32(genesis.getLogKey(), era.key)) {
          return fail(Errc::invalid_input, "a genesis has a log id and a key of 32 bytes");
        }
        era.origin = schema::text_of(genesis.getOrigin());
        return ok();
      }));
  era.signer = crypto::signer_id_of(era.key);
  if (position > 0 && x_eras.empty()) {
    work.findings.add(VerifyCheck::genesis, 0, "position 0 is not a readable genesis");
  }
  x_eras.push_back(std::move(era));
  return ok();
}

Status VerifySigners::read_enrolled(VerifyWork& work, const crypto::Leaf& leaf, ByteView message) {
  Key key;
  key.enrolled_at = leaf.position;
  SignerId id;
  OperatorId owner;
  crypto::Signature proof{};
  CARTELLA_TRY(schema::with_body<schema::SignerEnrolled>(
      message, [&](schema::SignerEnrolled::Reader enrolled) -> Status {
        CARTELLA_TRY(id, schema::id_from<SignerId>(enrolled.getSigner()));
        CARTELLA_TRY(owner, schema::id_from<OperatorId>(enrolled.getOwner()));
        if (enrolled.getAlgorithm() != crypto::kSignerAlgorithm)
          return fail(Errc::unsupported, "a signer's algorithm");
        const auto given = enrolled.getProofOfPossession();
        if (!copy_32(enrolled.getPublicKey(), key.key) || given.size() != proof.size()) {
          return fail(Errc::invalid_input, "a signer has a key of 32 bytes and a proof of 64");
        }
        std::copy(given.begin(), given.end(), proof.begin());
        for (const auto right : enrolled.getRights()) {
          key.may_append = key.may_append || right == "append";
          key.may_enrol = key.may_enrol || right == "enrol";
          key.may_serve = key.may_serve || right == "server";
        }
        return ok();
      }));
  if (id != crypto::signer_id_of(key.key)) {
    return fail(Errc::invalid_input, "a signer id is not the hash of its key");
  }
  const auto possession = crypto::possession_message(era_at(leaf.position).log, key.key, owner);
  if (!crypto::verify(key.key, possession, proof)) {
    return fail(Errc::bad_signature, "a signer was enrolled without proof of its key");
  }
  if (x_keys.contains(id)) return fail(Errc::refused, "a signer was enrolled twice");
  // Within the genesis call the circle closes itself; later only a known key may widen it.
  if (leaf.position >= x_genesis_count) {
    bool is_revoked_later = false;
    if (const auto fault = check(leaf, is_revoked_later)) {
      work.findings.add(VerifyCheck::signatures, leaf.position, *fault);
      return ok();
    }
  }
  x_keys.emplace(id, key);
  return ok();
}

Status VerifySigners::read_revoked(std::uint64_t position, ByteView message) {
  return schema::with_body<schema::SignerRevoked>(
      message, [&](schema::SignerRevoked::Reader revoked) -> Status {
        CARTELLA_TRY(const auto id, schema::id_from<SignerId>(revoked.getSigner()));
        const auto key = x_keys.find(id);
        if (key == x_keys.end()) {
          return fail(Errc::invalid_input, "a signer was revoked that was never enrolled");
        }
        if (key->second.revoked_at != 0) return ok();  // the first revocation stands
        key->second.revoked_at = position;
        key->second.revoked_from = revoked.getFromPosition();
        return ok();
      });
}

const VerifySigners::Era& VerifySigners::era_at(std::uint64_t position) const {
  static const Era none;  // position 0 is no genesis: every signature fails
  const Era* last = x_eras.empty() ? &none : &x_eras.front();
  for (const Era& era : x_eras) {
    if (era.first <= position) last = &era;
  }
  return *last;
}

std::optional<std::string> VerifySigners::check(const crypto::Leaf& leaf,
                                                bool& is_revoked_later) const {
  if (leaf.kind == schema::LeafKind::access) return std::nullopt;  // the checkpoint covers it
  const Era& era = era_at(leaf.position);
  crypto::PublicKey key = era.key;
  if (leaf.signer_id != era.signer) {
    const auto found = x_keys.find(leaf.signer_id);
    const bool is_known = found != x_keys.end() && (found->second.enrolled_at < leaf.position ||
                                                    leaf.position < x_genesis_count);
    if (!is_known) return "signed by " + leaf.signer_id.hex() + ", which was not enrolled";
    key = found->second.key;
    const Key& signer = found->second;
    const bool by_author = leaf.flags == crypto::kAuthorSigned;
    if (by_author ? !signer.may_append : !signer.may_serve)
      return "signed by " + leaf.signer_id.hex() + ", which has no right to";
    if (leaf.kind == schema::LeafKind::key && !signer.may_enrol)
      return "a key event by " + leaf.signer_id.hex() + ", which has no right to enrol";
    if (signer.revoked_at != 0) {
      if (leaf.position > signer.revoked_at && leaf.position >= signer.revoked_from) {
        return "signed by " + leaf.signer_id.hex() + ", which was revoked";
      }
      is_revoked_later = leaf.position >= signer.revoked_from && leaf.position < signer.revoked_at;
    }
  }
  if (crypto::verify(key, crypto::signed_message(era.log, leaf), leaf.signature)) {
    return std::nullopt;
  }
  return "the signature does not verify";
}

Result<crypto::Checkpoint> VerifySigners::open_checkpoint(std::string_view note) const {
  Result<crypto::Checkpoint> opened = fail(Errc::bad_signature, "no era of the log");
  // Where an era ends, so does what its keys may sign: a key replaced within it goes on for a
  // while.
  std::uint64_t end = UINT64_MAX;
  for (auto era = x_eras.rbegin(); era != x_eras.rend(); ++era) {
    if (era != x_eras.rbegin() && era->log != (era - 1)->log) end = (era - 1)->first;
    opened = crypto::open_checkpoint(note, era->origin, era->key);
    if (opened && opened.value().size > end)
      return fail(Errc::bad_signature, "a checkpoint of a history that was given up");
    if (opened) return opened;
  }
  return opened;
}

}  // namespace cartella::store
