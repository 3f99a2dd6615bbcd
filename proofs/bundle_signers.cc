#include "proofs/bundle_signers.h"

#include <algorithm>

#include "proofs/bundle_format.h"
#include "schema/body.h"
#include "schema/event_types.h"

namespace cartella::proofs {

namespace {

using schema::EventType;
using schema::LeafKind;

constexpr std::uint64_t kGenesisEventsMax = 256;  // of one call

Error wrong(std::uint64_t position, const std::string& what) {
  return fail(Errc::corrupt, "posizione " + std::to_string(position) + ": " + what);
}

Error over_limit(std::uint64_t position, std::size_t most, const std::string& what) {
  return fail(Errc::invalid_input, "posizione " + std::to_string(position) + ": più di " +
                                       std::to_string(most) + " " + what + " in un fascicolo");
}

bool is_of(const crypto::Plaintext& body, EventType type) {
  return body.schema_id == schema::find_type(type)->schema_id;
}

template <class Array>
bool copy_exactly(capnp::Data::Reader from, Array& to) {
  if (from.size() != to.size()) return false;
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

}  // namespace

const BundleSigners::Era* BundleSigners::era_at(std::uint64_t position) const {
  const Era* found = nullptr;
  for (const Era& era : x_eras)
    if (era.first <= position) found = &era;
  return found;
}

bool BundleSigners::belongs_to_genesis(const crypto::Leaf& leaf) const {
  if (x_is_settled || leaf.position >= kGenesisEventsMax) return false;
  return leaf.position == 0 ||
         (x_command && leaf.event_id == crypto::event_id_of(
                                            *x_command, static_cast<std::uint32_t>(leaf.position)));
}

Status BundleSigners::take(const crypto::Leaf& leaf, const std::vector<crypto::Plaintext>& bodies) {
  if (belongs_to_genesis(leaf)) {
    if (leaf.position == 0) x_command = leaf.event_id;
    x_pending.push_back(leaf);
    for (const crypto::Plaintext& body : bodies) {
      CARTELLA_TRY(apply(leaf, body));
    }
    return ok();
  }
  CARTELLA_TRY(settle());
  // A new era signs its own genesis, and so must be known first; a signer is judged before it is.
  const bool is_genesis =
      std::ranges::any_of(bodies, [](const auto& body) { return is_of(body, EventType::genesis); });
  if (!is_genesis) {
    CARTELLA_TRY(check(leaf));
  }
  for (const crypto::Plaintext& body : bodies) {
    CARTELLA_TRY(apply(leaf, body));
  }
  if (is_genesis) {
    CARTELLA_TRY(check(leaf));
  }
  return ok();
}

Status BundleSigners::settle() {
  x_is_settled = true;
  for (const crypto::Leaf& leaf : std::exchange(x_pending, {})) {
    CARTELLA_TRY(check(leaf));
  }
  return ok();
}

Status BundleSigners::check(const crypto::Leaf& leaf) {
  if (leaf.kind == LeafKind::access) return ok();  // the checkpoint covers it
  const Era* era = era_at(leaf.position);
  if (era == nullptr) return wrong(leaf.position, "manca l'atto di nascita del registro");
  crypto::PublicKey key = era->key;
  std::uint64_t* count = &x_eras[static_cast<std::size_t>(era - x_eras.data())].signatures;
  if (leaf.signer_id != era->signer) {
    const auto found = x_keys.find(leaf.signer_id);
    if (found == x_keys.end())
      return wrong(leaf.position, "la firma è di una chiave che non era iscritta");
    CARTELLA_TRY(check_right(leaf, found->second));
    key = found->second.key;
    count = &found->second.signatures;
  }
  if (!crypto::verify(key, crypto::signed_message(era->log, leaf), leaf.signature))
    return wrong(leaf.position, "la firma non è valida");
  ++*count;
  ++x_signatures;
  return ok();
}

Status BundleSigners::check_right(const crypto::Leaf& leaf, const Key& key) const {
  const bool by_author = leaf.flags == crypto::kAuthorSigned;
  if (by_author ? !key.may_append : !key.may_serve)
    return wrong(leaf.position, "chi firma non aveva il diritto di farlo");
  if (leaf.kind == LeafKind::key && !key.may_enrol)
    return wrong(leaf.position, "chi firma non aveva il diritto di iscrivere o revocare chiavi");
  if (key.is_revoked && leaf.position > key.revoked_at && leaf.position >= key.revoked_from)
    return wrong(leaf.position, "la firma è di una chiave revocata");
  return ok();
}

Status BundleSigners::apply(const crypto::Leaf& leaf, const crypto::Plaintext& body) {
  Status read = ok();
  if (is_of(body, EventType::genesis)) {
    if (leaf.kind != LeafKind::schema) return wrong(leaf.position, "foglia di un altro genere");
    if (x_eras.size() == x_eras_max)
      return over_limit(leaf.position, x_eras_max, "atti di nascita");
    read = read_genesis(leaf, body.message);
  } else if (is_of(body, EventType::signer_enrolled) || is_of(body, EventType::signer_revoked)) {
    if (leaf.kind != LeafKind::key) return wrong(leaf.position, "foglia di un altro genere");
    if (x_keys.size() == x_keys_max && is_of(body, EventType::signer_enrolled))
      return over_limit(leaf.position, x_keys_max, "chiavi iscritte");
    read = is_of(body, EventType::signer_enrolled) ? read_enrolled(leaf, body.message)
                                                   : read_revoked(leaf, body.message);
  }
  if (!read && read.error().code != Errc::corrupt)
    return wrong(leaf.position, "il corpo dell'evento non segue il suo schema");
  return read;
}

Status BundleSigners::read_genesis(const crypto::Leaf& leaf, ByteView message) {
  if (x_eras.empty() && leaf.position != 0)
    return wrong(leaf.position, "manca l'atto di nascita del registro");
  Era era;
  era.first = leaf.position;
  CARTELLA_TRY(
      schema::with_body<schema::Genesis>(message, [&](schema::Genesis::Reader genesis) -> Status {
        if (genesis.getFormat() != crypto::kFormat)
          return wrong(leaf.position, "l'atto di nascita è di un altro formato");
        era.origin = schema::text_of(genesis.getOrigin());
        if (era.origin.size() > kOriginBytesMax ||
            !copy_exactly(genesis.getLogId(), era.log.bytes) ||
            !copy_exactly(genesis.getLogKey(), era.key))
          return wrong(leaf.position, "l'atto di nascita non nomina un registro e la sua chiave");
        return ok();
      }));
  era.signer = crypto::signer_id_of(era.key);
  x_eras.push_back(std::move(era));
  return ok();
}

Status BundleSigners::read_enrolled(const crypto::Leaf& leaf, ByteView message) {
  Key key;
  key.enrolled_at = leaf.position;
  SignerId id;
  crypto::Signature proof{};
  CARTELLA_TRY(schema::with_body<schema::SignerEnrolled>(
      message, [&](schema::SignerEnrolled::Reader enrolled) -> Status {
        CARTELLA_TRY(id, schema::id_from<SignerId>(enrolled.getSigner()));
        CARTELLA_TRY(key.owner, schema::id_from<OperatorId>(enrolled.getOwner()));
        if (enrolled.getAlgorithm() != crypto::kSignerAlgorithm)
          return wrong(leaf.position, "l'algoritmo di firma non è Ed25519");
        if (!copy_exactly(enrolled.getPublicKey(), key.key) ||
            !copy_exactly(enrolled.getProofOfPossession(), proof))
          return wrong(leaf.position, "l'iscrizione non porta una chiave e la sua prova");
        for (const auto right : enrolled.getRights()) {
          key.may_append = key.may_append || right == "append";
          key.may_enrol = key.may_enrol || right == "enrol";
          key.may_serve = key.may_serve || right == "server";
        }
        return ok();
      }));
  const Era* era = era_at(leaf.position);
  if (era == nullptr) return wrong(leaf.position, "manca l'atto di nascita del registro");
  if (id != crypto::signer_id_of(key.key))
    return wrong(leaf.position, "l'id del firmatario non è quello della sua chiave");
  if (!crypto::verify(key.key, crypto::possession_message(era->log, key.key, key.owner), proof))
    return wrong(leaf.position, "la chiave è iscritta senza prova che chi la dà la possieda");
  if (id == era->signer || !x_keys.emplace(id, key).second)
    return wrong(leaf.position, "la stessa chiave è iscritta due volte");
  return ok();
}

Status BundleSigners::read_revoked(const crypto::Leaf& leaf, ByteView message) {
  return schema::with_body<schema::SignerRevoked>(
      message, [&](schema::SignerRevoked::Reader revoked) -> Status {
        CARTELLA_TRY(const auto id, schema::id_from<SignerId>(revoked.getSigner()));
        const auto key = x_keys.find(id);
        if (key == x_keys.end())
          return wrong(leaf.position, "è revocata una chiave che non era iscritta");
        if (key->second.is_revoked) return ok();  // the first revocation stands
        key->second.is_revoked = true;
        key->second.revoked_at = leaf.position;
        key->second.revoked_from = revoked.getFromPosition();
        return ok();
      });
}

}  // namespace cartella::proofs
