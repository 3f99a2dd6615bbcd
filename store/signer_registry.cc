#include "store/signer_registry.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "schema/body.h"
#include "store/log_db.h"
#include "store/rows.h"

namespace cartella::store {

namespace {

using schema::LeafKind;

std::uint64_t schema_of(schema::EventType type) { return schema::find_type(type)->schema_id; }

Error not_enrolled(const SignerId& signer) {
  return fail(Errc::key_revoked, "signer " + signer.hex() + " is not enrolled");
}

template <class Array>
bool copy_exactly(capnp::Data::Reader from, Array& to) {
  if (from.size() != to.size()) return false;
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

Result<SignerChange> read_enrolment(const LogId& log, ByteView message) {
  SignerChange change;
  change.is_enrolment = true;
  crypto::Signature proof{};
  CARTELLA_TRY(schema::with_body<schema::SignerEnrolled>(
      message, [&](schema::SignerEnrolled::Reader from) -> Status {
        CARTELLA_TRY(change.signer, schema::id_from<SignerId>(from.getSigner()));
        CARTELLA_TRY(change.owner, schema::id_from<OperatorId>(from.getOwner()));
        if (from.getAlgorithm() != crypto::kSignerAlgorithm)
          return fail(Errc::unsupported, "a signer's algorithm");
        if (!copy_exactly(from.getPublicKey(), change.key) ||
            !copy_exactly(from.getProofOfPossession(), proof))
          return fail(Errc::invalid_input, "a signer has a key of 32 bytes and a proof of 64");
        for (const auto right : from.getRights()) {
          change.may_append = change.may_append || right == "append";
          change.may_enrol = change.may_enrol || right == "enrol";
          change.may_serve = change.may_serve || right == "server";
        }
        return ok();
      }));
  if (change.signer != crypto::signer_id_of(change.key))
    return fail(Errc::invalid_input, "a signer id is not the hash of its key");
  const auto possession = crypto::possession_message(log, change.key, change.owner);
  if (!crypto::verify(change.key, possession, proof))
    return fail(Errc::bad_signature, "a signer without proof of its key");
  return change;
}

Result<SignerChange> read_revocation(ByteView message) {
  SignerChange change;
  CARTELLA_TRY(schema::with_body<schema::SignerRevoked>(
      message, [&](schema::SignerRevoked::Reader from) -> Status {
        CARTELLA_TRY(change.signer, schema::id_from<SignerId>(from.getSigner()));
        change.from_position = from.getFromPosition();
        return ok();
      }));
  return change;
}

}  // namespace

Result<std::vector<SignerChange>> read_signer_changes(const LogId& log,
                                                      const crypto::StoredEvent& event,
                                                      std::uint32_t index) {
  std::vector<SignerChange> changes;
  const LeafKind kind = event.leaf.kind;
  // Sealed kinds hold no clear segment.
  if (kind == LeafKind::event || kind == LeafKind::access) return changes;
  for (const Bytes& stored : event.body.segments) {
    // Nothing erases what is clear: a revocation that was emptied must not be passed over.
    if (stored.empty() && kind == LeafKind::key)
      return fail(Errc::corrupt, "the body of a key event is gone");
    const auto opened = crypto::open_clear_segment(stored);
    if (!opened) continue;
    const crypto::Plaintext& plaintext = opened.value().plaintext;
    const bool enrols = plaintext.schema_id == schema_of(schema::EventType::signer_enrolled);
    if (!enrols && plaintext.schema_id != schema_of(schema::EventType::signer_revoked)) continue;
    if (kind != LeafKind::key)
      return fail(Errc::invalid_argument, "a signer changes by an event of the kind key only");
    CARTELLA_TRY(SignerChange change, enrols ? read_enrolment(log, plaintext.message)
                                             : read_revocation(plaintext.message));
    change.event = index;
    changes.push_back(change);
  }
  return changes;
}

SignerRegistry::SignerRegistry(crypto::LogEras eras, const crypto::PublicKey& log_key)
    : x_eras(std::move(eras)), x_log_signer(crypto::signer_id_of(log_key)) {}

Status SignerRegistry::load(const LogDb& db, std::uint64_t size) {
  Entries entries;
  LogCursor cursor = db.cursor(Family::keys, LogDb::Walk::bulk);
  for (cursor.seek(position_key(0)); cursor.valid(); cursor.next()) {
    if (cursor.key().size() != sizeof(PositionKey)) continue;  // the end row
    const std::uint64_t position = load_be64(cursor.key().data());
    if (position >= size) break;
    CARTELLA_TRY(const auto event, load_event(db, position));
    CARTELLA_TRY(const auto changes, read_signer_changes(x_eras.at(position), event, 0));
    for (const SignerChange& change : changes) {
      CARTELLA_TRY(apply(change, entries));
    }
  }
  CARTELLA_TRY(cursor.status());
  replace(std::move(entries));
  return ok();
}

Result<CheckedSigners> SignerRegistry::check_call(
    std::span<const crypto::StoredEvent> events) const {
  CheckedSigners checked;
  for (std::uint32_t i = 0; i < events.size(); ++i) {
    const crypto::Leaf& leaf = events[i].leaf;
    CARTELLA_TRY(const auto changes, read_signer_changes(x_eras.current(), events[i], i));
    checked.changes.insert(checked.changes.end(), changes.begin(), changes.end());
    if (leaf.flags != crypto::kAuthorSigned || checked.has_unverified) continue;
    const std::shared_lock lock(x_mutex);
    const auto signer = x_entries.find(leaf.signer_id);
    if (signer == x_entries.end()) {
      if (!x_entries.empty()) return not_enrolled(leaf.signer_id);
      checked.has_unverified = true;
    } else if (!crypto::verify(signer->second.key, crypto::signed_message(x_eras.current(), leaf),
                               leaf.signature)) {
      return fail(Errc::bad_signature, "the signature of an author does not verify");
    }
  }
  return checked;
}

Status SignerRegistry::check_signer(const Entries& entries, const crypto::Leaf& leaf,
                                    std::uint64_t position) const {
  if (leaf.signer_id == x_log_signer) return ok();
  const auto found = entries.find(leaf.signer_id);
  if (found == entries.end()) return not_enrolled(leaf.signer_id);
  const Entry& signer = found->second;
  if (signer.revoked_from && position >= *signer.revoked_from)
    return fail(Errc::key_revoked, "signer " + leaf.signer_id.hex() + " is revoked");
  const bool by_author = leaf.flags == crypto::kAuthorSigned;
  if (by_author ? !signer.may_append : !signer.may_serve)
    return fail(Errc::permission_denied, "signer " + leaf.signer_id.hex() + " has no right to " +
                                             (by_author ? "append" : "sign for the server"));
  if (leaf.kind == LeafKind::key && !signer.may_enrol)
    return fail(Errc::permission_denied,
                "signer " + leaf.signer_id.hex() + " has no right to enrol");
  return ok();
}

Status SignerRegistry::apply(const SignerChange& change, Entries& entries) const {
  const auto found = entries.find(change.signer);
  if (change.is_enrolment) {
    if (found != entries.end() || change.signer == x_log_signer)
      return fail(Errc::refused,
                  "signer_enrolled: la chiave " + change.signer.hex() + " è già registrata");
    entries.emplace(change.signer, Entry{change.key, change.may_append, change.may_enrol,
                                         change.may_serve, std::nullopt, change.owner});
    return ok();
  }
  if (found == entries.end())
    return fail(Errc::not_found, "signer " + change.signer.hex() + " was never enrolled");
  if (found->second.revoked_from)
    return fail(Errc::refused,
                "signer_revoked: la chiave " + change.signer.hex() + " è già revocata");
  found->second.revoked_from = change.from_position;
  return ok();
}

Result<std::optional<SignerRegistry::Entries>> SignerRegistry::admit(
    std::span<const crypto::Leaf> leaves, const CheckedSigners& checked,
    std::uint64_t first) const {
  const bool nobody_yet = x_entries.empty();
  if (!nobody_yet && checked.has_unverified)
    return fail(Errc::key_revoked, "an author was not enrolled when the call came");
  // Only key events need a copy: later events of the call see what earlier ones changed.
  std::optional<Entries> changed;
  if (!checked.changes.empty()) changed = x_entries;
  auto change = checked.changes.begin();
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!nobody_yet && leaves[i].kind != LeafKind::access) {
      CARTELLA_TRY(check_signer(changed ? *changed : x_entries, leaves[i], first + i));
    }
    for (; change != checked.changes.end() && change->event == i; ++change) {
      CARTELLA_TRY(apply(*change, *changed));
    }
  }
  return changed;
}

void SignerRegistry::replace_log_key(const crypto::PublicKey& log_key) {
  const std::unique_lock lock(x_mutex);
  x_log_signer = crypto::signer_id_of(log_key);
}

void SignerRegistry::replace(Entries entries) {
  const std::unique_lock lock(x_mutex);
  x_entries = std::move(entries);
}

std::optional<SignerRegistry::Entry> SignerRegistry::find(const SignerId& signer) const {
  const std::shared_lock lock(x_mutex);
  const auto found = x_entries.find(signer);
  if (found == x_entries.end()) return std::nullopt;
  return found->second;
}

std::vector<SignerId> SignerRegistry::servers() const {
  const std::shared_lock lock(x_mutex);
  std::vector<SignerId> servers;
  for (const auto& [id, signer] : x_entries)
    if (signer.may_serve && !signer.revoked_from) servers.push_back(id);
  return servers;
}

}  // namespace cartella::store
