#include "store/reference.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

#include "base/check.h"
#include "base/mutex.h"
#include "crypto/hash.h"
#include "crypto/table_files.h"
#include "store/reference_rows.h"

namespace cartella::store {
namespace {

crypto::Secret32 files_key(const crypto::Secret32& secret) {
  return crypto::derive(secret, "reference-files", {});
}

using namespace std::string_view_literals;
using Rows = ReferenceRows;
using Keys = ReferenceFamily;

constexpr std::size_t kComuneBytesMax = 16;
constexpr std::size_t kBatchRows = 2000;
constexpr std::uint8_t kFileVersion = 1;
constexpr std::size_t kHashBytes = 16;
constexpr std::array kResidentFamilies = {Keys::residents, Keys::codici_fiscali, Keys::households};

bool is_comune(std::string_view comune) {
  return !comune.empty() && comune.size() <= kComuneBytesMax;
}

// Row of a file: what is current.
struct Current {
  std::uint64_t generation = 0;
  ReferenceFile file;
};

std::string file_key(ReferenceKind kind, std::string_view comune) {
  std::string key(1, static_cast<char>(kind));
  key += comune;
  return key;
}

Bytes encode_current(const Current& current) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u8(kFileVersion);
  writer.u64(current.generation);
  writer.u32(static_cast<std::uint32_t>(current.file.date.days));
  writer.raw(current.file.digest);
  writer.u64(current.file.record_count);
  writer.u64(current.file.accepted_count);
  return bytes;
}

Result<Current> decode_current(ByteView bytes) {
  Current current;
  std::uint8_t version = 0;
  std::uint32_t days = 0;
  ByteReader reader(bytes);
  if (!reader.u8(version)) return fail(Errc::corrupt, "reference: a file's row is malformed");
  if (version != kFileVersion)
    return fail(Errc::unsupported, "reference: a file's row of another version");
  if (!reader.u64(current.generation) || !reader.u32(days) || !reader.copy(current.file.digest) ||
      !reader.u64(current.file.record_count) || !reader.u64(current.file.accepted_count) ||
      reader.remaining() != 0)
    return fail(Errc::corrupt, "reference: a file's row is malformed");
  current.file.date = Date{static_cast<std::int32_t>(days)};
  return current;
}

// The beginning of all row keys of one generation: kind u8, length u8, comune, generation u64.
std::string prefix_of(ReferenceKind kind, std::string_view comune, std::uint64_t generation) {
  std::string key = {static_cast<char>(kind), static_cast<char>(comune.size())};
  key += comune;
  std::array<std::uint8_t, 8> number{};
  store_be64(number.data(), generation);
  key += as_text(number);
  return key;
}

struct Prefix {
  ReferenceKind kind = ReferenceKind::residents;
  std::string comune;
  std::uint64_t generation = 0;
};

Result<Prefix> parse_prefix(std::string_view key) {
  ByteReader reader(as_bytes(key));
  std::uint8_t kind = 0;
  std::uint8_t length = 0;
  ByteView comune;
  Prefix prefix;
  if (!reader.u8(kind) || !reader.u8(length) || !reader.raw(length, comune) ||
      !reader.u64(prefix.generation))
    return fail(Errc::corrupt, "reference: a row key is malformed");
  prefix.kind = static_cast<ReferenceKind>(kind);
  prefix.comune = as_text(comune);
  return prefix;
}

// What a personal value becomes in a key.
class KeyHash {
 public:
  explicit KeyHash(const crypto::Secret32& secret)
      : x_key(crypto::derive(secret, "reference-index", {})) {}
  std::string operator()(std::string_view kind, std::string_view value) const {
    const Hash32 hash = crypto::hmac_sha256(
        x_key.view(),
        {as_bytes("cartella/reference/1\0"sv), as_bytes(kind), as_bytes("\0"sv), as_bytes(value)});
    return std::string(as_text(ByteView(hash).first(kHashBytes)));
  }
  std::string matricola(std::string_view value) const { return (*this)("matricola", value); }
  std::string codice_fiscale(std::string_view value) const { return (*this)("cf", value); }
  std::string household(std::string_view value) const { return (*this)("household", value); }

 private:
  crypto::Secret32 x_key;
};

Result<std::optional<Current>> current_of(const Rows::View& view, ReferenceKind kind,
                                          std::string_view comune) {
  CARTELLA_TRY(const auto row, view.find(Keys::files, file_key(kind, comune)));
  if (!row) return std::optional<Current>();
  CARTELLA_TRY(const auto current, decode_current(*row));
  return std::optional<Current>(current);
}

Result<std::vector<std::string>> comuni_of(const Rows::View& view, ReferenceKind kind) {
  std::vector<std::string> comuni;
  CARTELLA_TRY(view.scan(Keys::files, file_key(kind, {}), [&](std::string_view key, ByteView) {
    comuni.emplace_back(key.substr(1));
    return Status(ok());
  }));
  return comuni;
}

Result<std::optional<Resident>> resident_at(const Rows::View& view, const std::string& key) {
  CARTELLA_TRY(const auto row, view.find(Keys::residents, key));
  if (!row) return std::optional<Resident>();
  CARTELLA_TRY(auto resident, decode_resident(*row));
  return std::optional<Resident>(std::move(resident));
}

// Residents whose matricola hashes stand at the end of the index rows that begin with `prefix`.
Status collect(const Rows::View& view, Keys index, const std::string& generation,
               const std::string& hash, std::vector<Resident>& into) {
  return view.scan(index, generation + hash, [&](std::string_view key, ByteView) -> Status {
    const std::string_view matricola = key.substr(generation.size() + hash.size());
    CARTELLA_TRY(auto resident, resident_at(view, generation + std::string(matricola)));
    if (!resident) return fail(Errc::corrupt, "reference: an index row names no resident");
    into.push_back(std::move(*resident));
    return ok();
  });
}

}  // namespace

struct Reference::Impl {
  std::unique_ptr<Rows> rows;
  KeyHash hash;
  Mutex<std::set<std::string>> loading;  // comuni with a load under way

  explicit Impl(const crypto::Secret32& secret) : hash(secret) {}

  Result<std::uint64_t> next_generation(ReferenceKind kind, const std::string& comune) const {
    const Rows::View view(*rows);
    CARTELLA_TRY(const auto current, current_of(view, kind, comune));
    return current ? current->generation + 1 : 1;
  }
  // Makes a generation current, then removes the one before.
  Status make_current(ReferenceKind kind, const std::string& comune, const Current& current) {
    CARTELLA_TRY(rows->write({{Keys::files, file_key(kind, comune), encode_current(current)}}));
    CARTELLA_TRY(rows->flush());
    return remove_generation(kind, comune, current.generation - 1);
  }
  Status remove_generation(ReferenceKind kind, const std::string& comune,
                           std::uint64_t generation) {
    const std::string prefix = prefix_of(kind, comune, generation);
    if (kind != ReferenceKind::residents) return rows->remove(Keys::codes, prefix);
    for (const Keys family : kResidentFamilies) {
      CARTELLA_TRY(rows->remove(family, prefix));
    }
    return ok();
  }
  Status remove_leftovers(Keys family);
};

Reference::Reference(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Reference::~Reference() = default;

Status Reference::snapshot(const std::filesystem::path& to) const {
  return x_impl->rows->snapshot(to);
}

Status Reference::verify_files(const std::filesystem::path& data_dir,
                               const crypto::Secret32& secret) {
  const crypto::Secret32 key = files_key(secret);
  return crypto::verify_table_files(data_dir / "reference", &key);
}

Result<std::unique_ptr<Reference>> Reference::open(const std::filesystem::path& data_dir,
                                                   const crypto::Secret32& secret) {
  auto impl = std::make_unique<Impl>(secret);
  CARTELLA_TRY(impl->rows, Rows::open(data_dir, files_key(secret)));
  for (const Keys family : {Keys::residents, Keys::codici_fiscali, Keys::households, Keys::codes}) {
    CARTELLA_TRY(impl->remove_leftovers(family));
  }
  return std::unique_ptr<Reference>(new Reference(std::move(impl)));
}

Status Reference::Impl::remove_leftovers(Keys family) {
  std::string from;
  while (true) {
    std::string leftover;
    {
      const Rows::View view(*rows);
      CARTELLA_TRY(const auto key, view.next_key(family, from));
      if (!key) return ok();
      CARTELLA_TRY(const auto at, parse_prefix(*key));
      const std::string prefix = prefix_of(at.kind, at.comune, at.generation);
      from = after_prefix(prefix);
      CARTELLA_TRY(const auto current, current_of(view, at.kind, at.comune));
      if (!current || current->generation != at.generation) leftover = prefix;
    }
    if (!leftover.empty()) {
      CARTELLA_TRY(rows->remove(family, leftover));
    }
  }
}

// ---- loading -----------------------------------------------------------------------------------

struct Reference::Load::Impl {
  Reference::Impl& reference;
  std::string comune;
  std::uint64_t generation = 0;
  std::string prefix;
  std::vector<ReferenceRow> batch;
  std::unordered_set<std::string> seen;  // hashes of matricole
  bool committed = false;

  Status write() {
    CARTELLA_TRY(reference.rows->write(batch));
    batch.clear();
    return ok();
  }
};

Reference::Load::Load(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}

Reference::Load::~Load() {
  // What cannot be deleted now is deleted by the next open.
  if (!x_impl->committed)
    static_cast<void>(x_impl->reference.remove_generation(ReferenceKind::residents, x_impl->comune,
                                                          x_impl->generation));
  x_impl->reference.loading.with([&](auto& loading) { loading.erase(x_impl->comune); });
}

Result<std::unique_ptr<Reference::Load>> Reference::replace_residents(std::string_view comune) {
  if (!is_comune(comune)) return fail(Errc::invalid_argument, "a comune has 1 to 16 bytes");
  const std::string name(comune);
  if (!x_impl->loading.with([&](auto& loading) { return loading.insert(name).second; }))
    return fail(Errc::unavailable, "the registry of " + name + " is being loaded");
  const auto generation = x_impl->next_generation(ReferenceKind::residents, name);
  if (generation.has_error()) {
    x_impl->loading.with([&](auto& loading) { loading.erase(name); });
    return generation.error();
  }
  const auto prefix = prefix_of(ReferenceKind::residents, name, generation.value());
  auto load =
      std::make_unique<Load::Impl>(Load::Impl{*x_impl, name, generation.value(), prefix, {}, {}});
  return std::unique_ptr<Load>(new Load(std::move(load)));
}

Status Reference::Load::add(const Resident& resident) {
  if (resident.matricola.empty() || resident.comune != x_impl->comune)
    return fail(Errc::invalid_argument, "a resident without matricola, or of another comune");
  CARTELLA_TRY(auto encoded, encode_resident(resident));
  const KeyHash& hash = x_impl->reference.hash;
  const std::string matricola = hash.matricola(resident.matricola);
  if (!x_impl->seen.insert(matricola).second)
    return fail(Errc::conflict, "the matricola occurs twice in the file");
  const auto index = [&](Keys family, const std::string& value) {
    x_impl->batch.push_back({family, x_impl->prefix + value + matricola, {}});
  };
  x_impl->batch.push_back({Keys::residents, x_impl->prefix + matricola, std::move(encoded)});
  if (!resident.codice_fiscale.empty())
    index(Keys::codici_fiscali, hash.codice_fiscale(resident.codice_fiscale));
  if (!resident.household.empty()) index(Keys::households, hash.household(resident.household));
  return x_impl->batch.size() >= kBatchRows ? x_impl->write() : ok();
}

Status Reference::Load::commit(const ReferenceFile& file) {
  CHECK(!x_impl->committed);
  CARTELLA_TRY(x_impl->write());
  // From here on the generation may be current on disk, so it must not be discarded.
  x_impl->committed = true;
  Current current{x_impl->generation, file};
  current.file.accepted_count = x_impl->seen.size();
  return x_impl->reference.make_current(ReferenceKind::residents, x_impl->comune, current);
}

Status Reference::replace_codes(ReferenceKind kind, std::string_view comune,
                                const std::vector<ReferenceCode>& codes,
                                const ReferenceFile& file) {
  if (kind == ReferenceKind::residents || !is_comune(comune))
    return fail(Errc::invalid_argument, "not a table of codes of a comune");
  const std::string name(comune);
  CARTELLA_TRY(const auto generation, x_impl->next_generation(kind, name));
  const std::string prefix = prefix_of(kind, name, generation);
  std::vector<ReferenceRow> rows;
  for (const auto& [code, label] : codes) {
    if (code.empty()) return fail(Errc::invalid_argument, "an empty code");
    const ByteView bytes = as_bytes(label);
    rows.push_back({Keys::codes, prefix + code, Bytes(bytes.begin(), bytes.end())});
  }
  CARTELLA_TRY(x_impl->rows->write(rows));
  return x_impl->make_current(kind, name, {generation, file});
}

// ---- reading -----------------------------------------------------------------------------------

Result<std::vector<std::string>> Reference::comuni(ReferenceKind kind) const {
  return comuni_of(Rows::View(*x_impl->rows), kind);
}

Result<std::optional<ReferenceFile>> Reference::file(ReferenceKind kind,
                                                     std::string_view comune) const {
  const Rows::View view(*x_impl->rows);
  CARTELLA_TRY(const auto current, current_of(view, kind, comune));
  if (!current) return std::optional<ReferenceFile>();
  return std::optional<ReferenceFile>(current->file);
}

Result<std::vector<Resident>> Reference::find_codice_fiscale(
    std::string_view codice_fiscale) const {
  std::vector<Resident> found;
  if (codice_fiscale.empty()) return found;
  const Rows::View view(*x_impl->rows);
  const std::string hash = x_impl->hash.codice_fiscale(codice_fiscale);
  CARTELLA_TRY(const auto comuni, comuni_of(view, ReferenceKind::residents));
  for (const auto& comune : comuni) {
    CARTELLA_TRY(const auto current, current_of(view, ReferenceKind::residents, comune));
    const auto prefix = prefix_of(ReferenceKind::residents, comune, current.value().generation);
    CARTELLA_TRY(collect(view, Keys::codici_fiscali, prefix, hash, found));
  }
  return found;
}

Result<std::optional<Resident>> Reference::find_matricola(std::string_view comune,
                                                          std::string_view matricola) const {
  const Rows::View view(*x_impl->rows);
  CARTELLA_TRY(const auto current, current_of(view, ReferenceKind::residents, comune));
  if (!current) return std::optional<Resident>();
  return resident_at(view, prefix_of(ReferenceKind::residents, comune, current->generation) +
                               x_impl->hash.matricola(matricola));
}

Result<std::vector<Resident>> Reference::household(std::string_view comune,
                                                   std::string_view number) const {
  std::vector<Resident> members;
  const Rows::View view(*x_impl->rows);
  CARTELLA_TRY(const auto current, current_of(view, ReferenceKind::residents, comune));
  if (!current || number.empty()) return members;
  const auto prefix = prefix_of(ReferenceKind::residents, comune, current->generation);
  CARTELLA_TRY(collect(view, Keys::households, prefix, x_impl->hash.household(number), members));
  std::ranges::sort(members, {}, &Resident::matricola);
  return members;
}

Status Reference::each_resident(std::string_view comune,
                                const std::function<Status(const Resident&)>& each) const {
  const Rows::View view(*x_impl->rows);
  CARTELLA_TRY(const auto current, current_of(view, ReferenceKind::residents, comune));
  if (!current) return ok();
  const auto prefix = prefix_of(ReferenceKind::residents, comune, current->generation);
  return view.scan(Keys::residents, prefix, [&](std::string_view, ByteView value) -> Status {
    CARTELLA_TRY(const auto resident, decode_resident(value));
    return each(resident);
  });
}

Result<std::optional<std::string>> Reference::label(ReferenceKind kind, std::string_view comune,
                                                    std::string_view code) const {
  const Rows::View view(*x_impl->rows);
  CARTELLA_TRY(const auto current, current_of(view, kind, comune));
  if (!current) return std::optional<std::string>();
  const auto key = prefix_of(kind, comune, current->generation) + std::string(code);
  CARTELLA_TRY(const auto row, view.find(Keys::codes, key));
  if (!row) return std::optional<std::string>();
  return std::optional<std::string>(as_text(*row));
}

Result<std::vector<ReferenceCode>> Reference::codes(ReferenceKind kind,
                                                    std::string_view comune) const {
  std::vector<ReferenceCode> found;
  const Rows::View view(*x_impl->rows);
  CARTELLA_TRY(const auto current, current_of(view, kind, comune));
  if (!current) return found;
  const auto prefix = prefix_of(kind, comune, current->generation);
  CARTELLA_TRY(view.scan(Keys::codes, prefix, [&](std::string_view key, ByteView value) {
    found.push_back({std::string(key.substr(prefix.size())), std::string(as_text(value))});
    return Status(ok());
  }));
  return found;
}

Status Reference::verify() const {
  CARTELLA_TRY(x_impl->rows->verify_files());
  const Rows::View view(*x_impl->rows);
  CARTELLA_TRY(const auto comuni, comuni_of(view, ReferenceKind::residents));
  for (const auto& comune : comuni) {
    std::uint64_t count = 0;
    CARTELLA_TRY(each_resident(comune, [&](const Resident&) {
      ++count;
      return Status(ok());
    }));
    CARTELLA_TRY(const auto current, current_of(view, ReferenceKind::residents, comune));
    if (current.value().file.accepted_count != count)
      return fail(Errc::corrupt, "reference: " + comune + " holds " + std::to_string(count) +
                                     " residents, its file had " +
                                     std::to_string(current.value().file.accepted_count));
  }
  return ok();
}

}  // namespace cartella::store
