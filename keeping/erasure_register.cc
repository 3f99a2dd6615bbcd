#include "keeping/erasure_register.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "crypto/hash.h"
#include "store/file_io.h"

namespace cartella::keeping {

namespace {

// record = "CER1" || u32 length of payload || payload || signature over the payload
// payload = u64 index || log id || decision || u64 position || u64 decided_at || subject ||
//           controller || u32 n || n key ids || u32 m || m stream ids || hash of the record before
constexpr std::string_view kMagic = "CER1";
constexpr std::string_view kSignDomain{"cartella/erasure-record/1\0", 26};
constexpr std::string_view kChainDomain{"cartella/erasure-chain/1\0", 25};
constexpr std::size_t kIdsMax = 1 << 22;  // of one record: streams of a person, with room
constexpr std::size_t kPayloadMax = 2 * 16 * kIdsMax + 256;
constexpr std::uint64_t kFileMax = 1ull << 30;

struct Register {
  Bytes content;
  std::vector<ErasureRecord> records;
  Hash32 head{};  // of the last record
};

Bytes signed_message(ByteView payload) {
  Bytes message(kSignDomain.begin(), kSignDomain.end());
  message.insert(message.end(), payload.begin(), payload.end());
  return message;
}

Error damaged(std::size_t index, const char* what) {
  return fail(Errc::corrupt, "erasure register, record " + std::to_string(index) + ": " + what);
}

template <class Id>
void put_ids(ByteWriter& to, const std::vector<Id>& ids) {
  to.u32(static_cast<std::uint32_t>(ids.size()));
  for (const Id& id : ids) to.raw(id.view());
}

template <class Id>
bool take_ids(ByteReader& from, std::vector<Id>& ids) {
  std::uint32_t count = 0;
  if (!from.u32(count) || count > kIdsMax || from.remaining() / 16 < count) return false;
  ids.resize(count);
  for (Id& id : ids)
    if (!from.copy(id.bytes)) return false;
  return true;
}

Bytes payload_of(std::uint64_t index, const LogId& log, const ErasureRecord& record,
                 const Hash32& previous) {
  Bytes payload;
  ByteWriter to(payload);
  to.u64(index);
  to.raw(log.bytes);
  to.raw(record.decision.view());
  to.u64(record.position);
  to.u64(static_cast<std::uint64_t>(record.decided_at.us));
  to.raw(record.subject.view());
  to.raw(record.controller.view());
  put_ids(to, record.owner_keys);
  put_ids(to, record.streams);
  to.raw(previous);
  return payload;
}

void add_record(const LogId& log, const crypto::Signer& key, const ErasureRecord& record,
                Register& to) {
  const Bytes payload = payload_of(to.records.size(), log, record, to.head);
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(as_bytes(kMagic));
  writer.framed(payload);
  writer.raw(key.sign(signed_message(payload)));
  to.head = crypto::sha256({as_bytes(kChainDomain), bytes});
  to.content.insert(to.content.end(), bytes.begin(), bytes.end());
  to.records.push_back(record);
}

Status decode_payload(ByteView payload, const LogId& log, Register& into) {
  const std::size_t index = into.records.size();
  ByteReader from(payload);
  ErasureRecord record;
  std::uint64_t at = 0;
  std::uint64_t decided_us = 0;
  LogId of_log;
  Hash32 previous{};
  const bool whole = from.u64(at) && from.copy(of_log.bytes) && from.copy(record.decision.bytes) &&
                     from.u64(record.position) && from.u64(decided_us) &&
                     from.copy(record.subject.bytes) && from.copy(record.controller.bytes) &&
                     take_ids(from, record.owner_keys) && take_ids(from, record.streams) &&
                     from.copy(previous) && from.remaining() == 0;
  if (!whole) return damaged(index, "malformed");
  if (of_log != log) return damaged(index, "it is of another log");
  if (at != index || previous != into.head)
    return damaged(index, "a record before it is missing or was moved");
  record.decided_at = {static_cast<std::int64_t>(decided_us)};
  into.records.push_back(std::move(record));
  return ok();
}

Status decode_records(const LogId& log, const crypto::PublicKey& key, Register& into) {
  ByteReader from(into.content);
  while (from.remaining() > 0) {
    const std::size_t index = into.records.size();
    const std::size_t begin = into.content.size() - from.remaining();
    ByteView magic;
    ByteView payload;
    crypto::Signature signature{};
    if (!from.raw(kMagic.size(), magic) || as_text(magic) != kMagic ||
        !from.framed(kPayloadMax, payload) || !from.copy(signature))
      return damaged(index, "malformed or cut short");
    if (!crypto::verify(key, signed_message(payload), signature))
      return fail(Errc::bad_signature, "erasure register, record " + std::to_string(index) +
                                           ": the signature does not verify");
    CARTELLA_TRY(decode_payload(payload, log, into));
    const std::size_t end = into.content.size() - from.remaining();
    into.head = crypto::sha256(
        {as_bytes(kChainDomain), ByteView(into.content).subspan(begin, end - begin)});
  }
  return ok();
}

Result<Register> load(const std::filesystem::path& folder, const LogId& log,
                      const crypto::PublicKey& key) {
  Register found;
  auto content = store::read_file(erasure_register_path(folder), kFileMax);
  if (!content) {
    if (content.error().code == Errc::not_found) return found;
    if (content.error().code == Errc::invalid_input) content.error().code = Errc::corrupt;
    return std::move(content).error();
  }
  found.content = std::move(content).value();
  CARTELLA_TRY(decode_records(log, key, found));
  return found;
}

std::set<EventId> decisions_of(const Register& found) {
  std::set<EventId> decisions;
  for (const ErasureRecord& record : found.records) decisions.insert(record.decision);
  return decisions;
}

// How many keys and streams all its records name.
std::size_t ids_of(const Register& found) {
  std::size_t count = 0;
  for (const ErasureRecord& record : found.records)
    count += record.owner_keys.size() + record.streams.size();
  return count;
}

}  // namespace

bool is_of_controller(const ErasureRecord& record) {
  return record.subject.is_zero() && !record.controller.is_zero() && !record.owner_keys.empty();
}

std::vector<KeyId> keys_of(const crypto::Vault& vault, const ErasureRecord& record) {
  std::vector<KeyId> keys = record.owner_keys;
  std::vector<KeyId> more;
  if (is_of_controller(record))
    more = vault.owner_keys_at(record.controller);
  else if (!record.subject.is_zero() && keys.empty())
    more = vault.owner_keys_of(schema::KeyDomain::subject, record.subject.bytes, record.controller);
  keys.insert(keys.end(), more.begin(), more.end());
  std::ranges::sort(keys);
  // clang 14, which the fuzzers are built with, does not compile what std::ranges::unique returns.
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Result<std::unique_ptr<crypto::Signer>> register_key(crypto::Vault& vault) {
  CARTELLA_TRY(const auto seed, vault.named_secret("erasure-register-key"));
  return std::make_unique<crypto::Signer>(seed);
}

std::filesystem::path erasure_register_path(const std::filesystem::path& folder) {
  return folder / "erasures.register";
}

Status append_erasure(const std::filesystem::path& folder, const LogId& log,
                      const crypto::Signer& key, const ErasureRecord& record) {
  auto loaded = load(folder, log, key.public_key());
  if (!loaded) {
    // What is forged or signed by a lost key is as little a base to append to as what is damaged.
    if (loaded.error().code == Errc::bad_signature) loaded.error().code = Errc::corrupt;
    return std::move(loaded).error();
  }
  Register& found = loaded.value();
  const bool known = std::ranges::any_of(
      found.records, [&](const ErasureRecord& one) { return one.decision == record.decision; });
  if (known) return ok();
  add_record(log, key, record, found);
  CARTELLA_TRY(store::make_directories(folder));
  return store::replace_file(erasure_register_path(folder), found.content);
}

Result<std::vector<ErasureRecord>> read_erasures(const std::filesystem::path& folder,
                                                 const LogId& log, const crypto::PublicKey& key) {
  CARTELLA_TRY(auto found, load(folder, log, key));
  return std::move(found.records);
}

Result<std::vector<EventId>> registered_decisions(const std::filesystem::path& folder,
                                                  const LogId& log, const crypto::PublicKey& key) {
  CARTELLA_TRY(const auto found, load(folder, log, key));
  std::vector<EventId> decisions;
  for (const ErasureRecord& record : found.records) decisions.push_back(record.decision);
  return decisions;
}

Result<bool> take_register(const std::filesystem::path& from, const std::filesystem::path& to,
                           const LogId& log, const crypto::PublicKey& key) {
  CARTELLA_TRY(const auto offered, load(from, log, key));
  CARTELLA_TRY(const auto standing, load(to, log, key));
  // A set, not a row: one that was written anew is in the order of the log.
  const std::set<EventId> there = decisions_of(offered);
  const std::set<EventId> here = decisions_of(standing);
  const bool has_all = std::ranges::includes(there, here);
  if (!has_all && !std::ranges::includes(here, there))
    return fail(Errc::refused, "the erasure registers of " + from.string() + " and " + to.string() +
                                   " are not of one history");
  if (!has_all) return false;
  if (there.size() == here.size() && ids_of(offered) <= ids_of(standing)) return false;
  CARTELLA_TRY(store::make_directories(to));
  CARTELLA_TRY(store::replace_file(erasure_register_path(to), offered.content));
  return true;
}

}  // namespace cartella::keeping
