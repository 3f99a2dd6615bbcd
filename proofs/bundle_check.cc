#include "proofs/bundle_check.h"

#include "crypto/hash.h"
#include "proofs/bundle_chains.h"
#include "proofs/bundle_format.h"
#include "proofs/bundle_listing.h"
#include "proofs/bundle_signers.h"
#include "proofs/bundle_tree.h"
#include "schema/codec.h"
#include "schema/event_types.h"

namespace cartella::proofs {

namespace {

Error wrong(std::uint64_t position, const std::string& what) {
  return fail(Errc::corrupt, "posizione " + std::to_string(position) + ": " + what);
}
Error wrong(const std::string& what) { return fail(Errc::corrupt, what); }

// A leaf, hashed by the other implementation than the writer's.
Hash32 hash_of_leaf(ByteView leaf) {
  static constexpr std::uint8_t kLeafPrefix = 0;  // RFC 6962, 2.1
  return crypto::sha256_second({ByteView(&kLeafPrefix, 1), leaf});
}

// What the clear bodies of one event say.
struct ClearBodies {
  std::vector<crypto::Plaintext> plaintexts;
  const schema::TypeInfo* type = nullptr;  // of a type that this build knows
  std::optional<BatchId> batch;
  std::uint64_t hidden = 0;
};

Status check_stubs(const crypto::Leaf& leaf, const BundleEvent& event) {
  std::vector<Hash32> commitments;
  std::vector<Hash32> stored;
  for (const crypto::Stub& stub : event.stubs) {
    commitments.push_back(stub.commitment);
    stored.push_back(stub.stored_hash);
  }
  if (crypto::body_commitment(commitments) != leaf.body_commitment)
    return wrong(leaf.position, "gli impegni dei segmenti non sono quelli della foglia");
  if (crypto::stored_hash(stored) != leaf.stored_hash)
    return wrong(leaf.position, "le impronte dei segmenti non sono quelle della foglia");
  return ok();
}

Status check_header(const crypto::Leaf& leaf, const crypto::Plaintext& header,
                    ClearBodies& bodies) {
  if (header.schema_id != schema::kHeaderSchemaId)
    return wrong(leaf.position, "il primo segmento non è un'intestazione");
  const auto decoded = schema::decode_header(header.message);
  if (!decoded) return wrong(leaf.position, "l'intestazione non segue il suo schema");
  bodies.type = schema::find_type(decoded.value().type);
  if (bodies.type != nullptr && bodies.type->kind != leaf.kind)
    return wrong(leaf.position, "il tipo di evento non è del genere che la foglia dice");
  bodies.batch = decoded.value().batch_id;
  return ok();
}

Result<ClearBodies> open_bodies(const crypto::Leaf& leaf, const BundleEvent& event) {
  ClearBodies bodies;
  // Who may sign must not depend on what somebody leaves out.
  const bool all = leaf.kind == schema::LeafKind::key || leaf.kind == schema::LeafKind::schema;
  for (std::size_t i = 0; i < event.segments.size(); ++i) {
    const Bytes& stored = event.segments[i];
    if (stored.empty()) {
      if (all) return wrong(leaf.position, "manca il corpo di un evento sulle chiavi");
      ++bodies.hidden;
      continue;
    }
    if (crypto::sha256_second({stored}) != event.stubs[i].stored_hash)
      return wrong(leaf.position, "un corpo in chiaro non ha l'impronta registrata");
    auto opened = crypto::open_clear_segment(stored);
    if (!opened || opened.value().commitment != event.stubs[i].commitment)
      return wrong(leaf.position, "un corpo in chiaro non è quello a cui la foglia si impegna");
    if (i == 0) {
      CARTELLA_TRY(check_header(leaf, opened.value().plaintext, bodies));
    } else if (i == 1 && bodies.type != nullptr &&
               bodies.type->schema_id != opened.value().plaintext.schema_id) {
      return wrong(leaf.position, "il corpo non è del tipo che l'intestazione dice");
    }
    bodies.plaintexts.push_back(std::move(opened.value().plaintext));
  }
  return bodies;
}

class BundleCheck {
 public:
  BundleCheck(std::istream& from, const BundleTrust& trust, const BundleLimits& limits)
      : x_reader(from),
        x_trust(trust),
        x_limits(limits),
        x_anchors(trust.anchors),
        x_signers(limits.keys, limits.eras),
        x_listing(limits.listed_bytes) {}

  Result<BundleReport> run() {
    CARTELLA_TRY(x_reader.begin());
    CARTELLA_TRY(next());
    CARTELLA_TRY(read_header());
    CARTELLA_TRY(read_policy());
    CARTELLA_TRY(read_newest());
    CARTELLA_TRY(read_earlier());
    CARTELLA_TRY(walk());
    CARTELLA_TRY(finish());
    return std::move(x_report);
  }

 private:
  Status next() {
    CARTELLA_TRY(x_frame, x_reader.next());
    return ok();
  }
  bool stands(FrameType type) const { return x_frame.type == type; }
  static Error out_of_order() {
    return fail(Errc::invalid_input, "il fascicolo è malformato: una parte è fuori posto");
  }

  Status read_header() {
    if (!stands(FrameType::header)) return out_of_order();
    CARTELLA_TRY(x_header, decode_header(x_frame.content));
    CARTELLA_TRY(x_key, crypto::parse_verifier_key(x_header.log_key));
    x_linked = x_trust.log_key.value_or(x_key);
    x_report.log_key = x_header.log_key;
    x_report.is_log_key_given = x_trust.log_key.has_value();
    x_report.is_log_key_followed = x_report.is_log_key_given && x_trust.log_key->key != x_key.key;
    x_report.from = x_header.from;
    x_report.to = x_header.to;
    x_report.size = x_header.size;
    x_chains.emplace(x_header.from);
    return next();
  }

  Status read_policy() {
    if (!stands(FrameType::policy)) return ok();
    if (x_frame.content.empty() || x_frame.content.size() > kBundlePolicyBytesMax)
      return out_of_order();
    auto policy = parse_witness_policy(as_text(x_frame.content));
    if (!policy)
      return fail(Errc::invalid_input, "il fascicolo è malformato: " + policy.error().detail);
    if (!x_anchors.policy) x_anchors.policy = std::move(policy.value());
    return next();
  }

  // Opened first, because everything else is held against it.
  Status read_newest() {
    if (!stands(FrameType::checkpoint)) return out_of_order();
    CARTELLA_TRY(x_newest.given, decode_checkpoint(x_frame.content));
    auto opened = crypto::open_checkpoint(x_newest.given.note, x_key.name, x_key.key);
    if (!opened)
      return fail(Errc::bad_signature, "il checkpoint più recente non è firmato dal registro");
    x_newest.checkpoint = std::move(opened.value());
    if (x_newest.checkpoint.size != x_header.size)
      return wrong("il checkpoint più recente è di un albero di un'altra dimensione");
    return next();
  }

  Status read_earlier() {
    CARTELLA_TRY(read_outside(BundleChains::Place::before, x_report.earlier));
    if (x_header.from > 0 && x_signers.eras().empty())
      return wrong("manca l'atto di nascita del registro: chi firma non si può controllare");
    return ok();
  }

  // All that stand here, each proved in the newest tree.
  Status read_outside(BundleChains::Place place, std::uint64_t& count) {
    std::optional<std::uint64_t> last;
    for (; stands(FrameType::outside); ++count) {
      if (x_report.earlier + x_report.later == x_limits.outside)
        return fail(Errc::invalid_input, "il fascicolo porta più di " +
                                             std::to_string(x_limits.outside) +
                                             " eventi sulle chiavi fuori dal suo tratto");
      CARTELLA_TRY(const auto outside, decode_outside(x_frame.content));
      CARTELLA_TRY(const auto leaf, leaf_of(outside.event));
      const bool is_there = place == BundleChains::Place::before ? leaf.position < x_header.from
                                                                 : leaf.position >= x_header.to;
      if (!is_there || (last && leaf.position <= *last)) return out_of_order();
      last = leaf.position;
      if (leaf.kind != schema::LeafKind::key && leaf.kind != schema::LeafKind::schema)
        return out_of_order();
      const Hash32 hash = hash_of_leaf(outside.event.leaf);
      if (!proves_inclusion(leaf.position, x_header.size, hash, x_newest.checkpoint.root,
                            outside.proof))
        return wrong(leaf.position, "non sta nell'albero del checkpoint più recente");
      CARTELLA_TRY(check_stubs(leaf, outside.event));
      CARTELLA_TRY(const auto bodies, open_bodies(leaf, outside.event));
      CARTELLA_TRY(x_chains->take_outside(leaf, hash, place));
      CARTELLA_TRY(x_signers.take(leaf, bodies.plaintexts));
      CARTELLA_TRY(next());
    }
    return ok();
  }

  // Events of the range, the checkpoints among and behind them, what leads from one to the other,
  // and between range and what is behind it the key events that say who signs there.
  Status walk() {
    bool is_led = false;  // by nodes, with nothing after them yet
    while (!stands(FrameType::end)) {
      if (stands(FrameType::nodes)) {
        if (is_led) return out_of_order();
        CARTELLA_TRY(read_nodes());
        is_led = true;
      } else if (stands(FrameType::event)) {
        CARTELLA_TRY(read_event());
        is_led = false;
      } else if (stands(FrameType::checkpoint)) {
        CARTELLA_TRY(read_checkpoint());
        is_led = false;
      } else if (stands(FrameType::outside) && x_tree.size() == x_header.to) {
        CARTELLA_TRY(read_outside(BundleChains::Place::behind, x_report.later));
        continue;
      } else {
        return out_of_order();
      }
      CARTELLA_TRY(next());
    }
    return ok();
  }

  Status read_nodes() {
    CARTELLA_TRY(const auto nodes, decode_nodes(x_frame.content));
    const bool is_before = x_tree.size() == 0 && nodes.to == x_header.from;
    const bool is_behind = x_tree.size() >= x_header.to && nodes.to <= x_header.size;
    if (nodes.to <= x_tree.size() || !(is_before || is_behind)) return out_of_order();
    const auto subtrees = cover(x_tree.size(), nodes.to);
    if (subtrees.size() != nodes.hashes.size()) return out_of_order();
    for (std::size_t i = 0; i < subtrees.size(); ++i)
      x_tree.append(subtrees[i].level, nodes.hashes[i]);
    return ok();
  }

  Result<crypto::Leaf> leaf_of(const BundleEvent& event) const {
    auto leaf = crypto::decode_leaf(event.leaf);
    if (leaf) return leaf;
    return fail(Errc::invalid_input, "il fascicolo è malformato: una foglia dopo la posizione " +
                                         std::to_string(x_tree.size()));
  }

  Status read_event() {
    const std::uint64_t position = x_tree.size();
    if (position < x_header.from || position >= x_header.to) return out_of_order();
    CARTELLA_TRY(const auto event, decode_event(x_frame.content));
    CARTELLA_TRY(const auto leaf, leaf_of(event));
    if (leaf.position != position)
      return wrong(position, "c'è la foglia della posizione " + std::to_string(leaf.position));
    const Hash32 hash = hash_of_leaf(event.leaf);
    CARTELLA_TRY(check_stubs(leaf, event));
    CARTELLA_TRY(const auto bodies, open_bodies(leaf, event));
    CARTELLA_TRY(x_chains->take(leaf, hash, bodies.batch));
    CARTELLA_TRY(x_signers.take(leaf, bodies.plaintexts));
    if (x_trust.segment && x_trust.segment->position == position) {
      CARTELLA_TRY(x_report.segment, prove_segment(*x_trust.segment, leaf, event.stubs));
    }
    x_tree.append(0, hash);
    x_report.hidden_bodies += bodies.hidden;
    ++x_report.kinds.at(static_cast<std::size_t>(leaf.kind));
    if (position == x_header.from) x_report.first_us = leaf.recorded_at.us;
    x_report.last_us = leaf.recorded_at.us;
    return ok();
  }

  // Of a tree that the walk has reached, signed by the log as it was called then.
  Status read_checkpoint() {
    const std::uint64_t size = x_tree.size();
    if (size <= x_header.from || size >= x_header.size || size <= x_last_size ||
        (size == x_header.to && x_report.later > 0))
      return out_of_order();
    CARTELLA_TRY(const auto given, decode_checkpoint(x_frame.content));
    CARTELLA_TRY(const auto era, era_of(given.note, size));
    CARTELLA_TRY(const auto opened, crypto::open_checkpoint(given.note, era.origin, era.key));
    if (opened.size != size || opened.root != x_tree.root())
      return wrong(name_of_checkpoint(size) + " non è di questo albero");
    x_last_size = size;
    x_chains->cut();
    follow_key(given.note, size);
    return note_checkpoint(given, opened);
  }

  static std::string name_of_checkpoint(std::uint64_t size) {
    return "il checkpoint della dimensione " + std::to_string(size);
  }

  // In whose name a checkpoint is signed: between the event that names a new key and the first
  // checkpoint by it, the one before still signs; but not after a genesis that begins another log.
  Result<BundleSigners::Era> era_of(const std::string& note, std::uint64_t size) {
    const auto& eras = x_signers.eras();
    const BundleSigners::Era* era = x_signers.era_at(size - 1);
    if (era == nullptr) return wrong("manca l'atto di nascita del registro");
    for (auto at = static_cast<std::size_t>(era - eras.data());; --at) {
      if (crypto::open_checkpoint(note, eras[at].origin, eras[at].key)) {
        x_signing_era = at;
        return eras[at];
      }
      const bool is_first_of_log = at == 0 || eras[at - 1].log != eras[at].log;
      if (at == x_signing_era || is_first_of_log)
        return fail(Errc::bad_signature, name_of_checkpoint(size) + " non è firmato dal registro");
    }
  }

  // The caller's key may be one that the log has replaced since: a tree that it signed names the
  // next one, up to the bundle's own. Not so a genesis that only a larger tree holds.
  void follow_key(const std::string& note, std::uint64_t size) {
    const BundleSigners::Era& named = *x_signers.era_at(size - 1);  // era_of() has found one
    const bool is_there = x_linked.name == x_key.name && x_linked.key == x_key.key;
    if (!is_there && crypto::open_checkpoint(note, x_linked.name, x_linked.key))
      x_linked = {named.origin, named.key};
  }

  Status note_checkpoint(const BundleCheckpoint& given, const crypto::Checkpoint& opened) {
    for (std::size_t i = x_era_keys.size(); i < x_signers.eras().size(); ++i)
      x_era_keys.push_back({x_signers.eras()[i].origin, x_signers.eras()[i].key});
    CARTELLA_TRY(auto facts, judge_anchors(given, x_era_keys, x_anchors));
    x_listing.add({opened.size, opened.root, opened.origin, std::move(facts)}, x_report);
    return ok();
  }

  Status finish() {
    if (x_tree.size() != x_header.size || x_tree.root() != x_newest.checkpoint.root)
      return wrong("le foglie non danno la radice che il checkpoint più recente firma");
    CARTELLA_TRY(x_signers.finish());
    CARTELLA_TRY(x_chains->finish());
    if (x_signers.eras().empty()) return wrong("manca l'atto di nascita del registro");
    const auto signing = era_of(x_newest.given.note, x_header.size);
    if (!signing || signing.value().origin != x_key.name || signing.value().key != x_key.key)
      return wrong("l'atto di nascita nomina un'altra origine o un'altra chiave del registro");
    const BundleSigners::Era& era = signing.value();
    if (x_linked.name != x_key.name || x_linked.key != x_key.key)
      return fail(Errc::bad_signature,
                  "il fascicolo è di un altro registro o di un'altra chiave: " + x_header.log_key);
    CARTELLA_TRY(note_checkpoint(x_newest.given, x_newest.checkpoint));
    if (x_trust.segment && !x_report.segment)
      return fail(Errc::not_found, "la posizione del segmento non è in questo fascicolo");
    x_report.checkpoints = x_listing.take();
    fill_report(era);
    return ok();
  }

  void fill_report(const BundleSigners::Era& era) {
    x_report.is_policy_given = x_trust.anchors.policy.has_value();
    x_report.has_policy = x_anchors.policy.has_value();
    x_report.origin = era.origin;
    x_report.log_id = to_hex(era.log.bytes);
    x_report.root = x_newest.checkpoint.root;
    x_report.eras = x_signers.eras().size();
    x_report.signatures = x_signers.signatures();
    x_report.streams = x_chains->streams();
    x_report.open_streams = x_chains->open_streams();
    x_report.calls = x_chains->calls();
    x_report.bytes = x_reader.bytes();
    x_report.are_earlier_keys_closed = x_header.from == 0 || x_chains->are_earlier_keys_closed();
    for (const auto& each : x_signers.eras())
      if (each.signatures > 0)
        x_report.signers.push_back({each.signer.hex(), "", true, each.signatures, {}});
    for (const auto& [id, key] : x_signers.keys()) {
      CheckedSigner signer{id.hex(), key.owner.hex(), key.may_serve, key.signatures, {}};
      if (key.is_revoked) signer.revoked_from = key.revoked_from;
      x_report.signers.push_back(std::move(signer));
    }
  }

  struct Newest {
    BundleCheckpoint given;
    crypto::Checkpoint checkpoint;
  };
  FrameReader x_reader;
  const BundleTrust& x_trust;
  const BundleLimits& x_limits;
  AnchorTrust x_anchors;  // with the bundle's policy where the caller gave none
  Frame x_frame;
  BundleHeader x_header;
  crypto::VerifierKey x_key;
  crypto::VerifierKey x_linked;   // the caller's, or one that it vouches for
  std::size_t x_signing_era = 0;  // of the last checkpoint
  std::vector<crypto::VerifierKey> x_era_keys;
  Newest x_newest;
  BundleTree x_tree;
  BundleSigners x_signers;
  BundleListing x_listing;
  std::optional<BundleChains> x_chains;
  std::uint64_t x_last_size = 0;
  BundleReport x_report;
};

}  // namespace

Result<BundleReport> check_bundle(std::istream& from, const BundleTrust& trust,
                                  const BundleLimits& limits) {
  return BundleCheck(from, trust, limits).run();
}

}  // namespace cartella::proofs
