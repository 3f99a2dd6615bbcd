#include "tests/fault/damage.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/bytes.h"
#include "crypto/leaf.h"
#include "store/keys.h"
#include "store/log_db.h"
#include "store/open_log.h"

namespace cartella::fault {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kBlock = 4096;

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}
void write_over(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

// Files below `dir` whose path holds `part`, none empty, in order.
std::vector<fs::path> files_in(const fs::path& dir, std::string_view part) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(dir))
    if (entry.is_regular_file() && entry.file_size() > 0 &&
        entry.path().string().find(part) != std::string::npos)
      found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

std::string flip_bit(const fs::path& file, std::size_t from, std::size_t end, Random& random) {
  std::string content = content_of(file);
  const std::size_t at = from + below(random, std::min(end, content.size()) - from);
  const auto bit = static_cast<char>(1 << below(random, 8));
  content[at] = static_cast<char>(content[at] ^ bit);
  write_over(file, content);
  return "a flipped bit at " + std::to_string(at) + " of " + file.filename().string();
}

// Where the records of the journal start, in the order of the segments.
struct Place {
  fs::path file;
  std::size_t at = 0;
};
std::vector<Place> journal_records(const fs::path& store) {
  std::vector<Place> records;
  for (const fs::path& file : files_in(store / "journal", ".seg")) {
    const std::string content = content_of(file);
    for (std::size_t at = 0; at + kBlock <= content.size(); at += kBlock)
      if (content.compare(at, 4, "CRJ1") == 0) records.push_back({file, at});
  }
  return records;
}

Damage journal_damage(const fs::path& store, Random& random) {
  const auto records = journal_records(store);
  if (records.empty() || one_in(random, 8)) {
    const auto files = files_in(store / "journal", "");
    const fs::path& file = files[below(random, files.size())];
    return {flip_bit(file, 0, fs::file_size(file), random)};
  }
  // The last ones are those that no table holds yet.
  const std::size_t back = one_in(random, 2)
                               ? below(random, std::min<std::size_t>(3, records.size()))
                               : below(random, records.size());
  const Place& place = records[records.size() - 1 - back];
  if (one_in(random, 4)) {
    std::string content = content_of(place.file);
    std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(place.at), kBlock, '\0');
    write_over(place.file, content);
    return {"a page of zeros at " + std::to_string(place.at) + " of the journal"};
  }
  return {flip_bit(place.file, place.at, place.at + 1024, random)};
}

// A block from elsewhere in the file, or from an older copy of it.
Damage block_damage(const fs::path& file, const fs::path& older, Random& random) {
  std::string content = content_of(file);
  const std::string other = fs::exists(older) ? content_of(older) : content;
  const std::size_t unit = content.size() > 2 * kBlock ? kBlock : 512;
  if (content.size() < 2 * unit || other.size() < 2 * unit)
    return {flip_bit(file, 0, content.size(), random), true};
  const std::size_t from = below(random, other.size() / unit) * unit;
  const std::size_t to = below(random, content.size() / unit) * unit;
  if (other.compare(from, unit, content, to, unit) == 0)
    return {flip_bit(file, 0, content.size(), random), true};
  content.replace(to, unit, other, from, unit);
  write_over(file, content);
  return {"block " + std::to_string(from) + " at the place of " + std::to_string(to) + " of " +
              file.filename().string(),
          true};
}

Damage table_damage(const fs::path& store, Random& random) {
  const auto files = files_in(store / "log", ".sst");
  const fs::path& file = files[below(random, files.size())];
  if (one_in(random, 3)) return block_damage(file, file, random);
  return {flip_bit(file, 0, fs::file_size(file), random), true};
}

// The n-th place of a list, in steps of its golden section: twenty in a row lie all over a list of
// any length, which is another in each run.
std::size_t spread(std::uint64_t n, std::size_t count) {
  constexpr std::uint64_t kGoldenSection = 0x9e3779b97f4a7c15;  // of 2^64
  return (((n * kGoldenSection) >> 32) * count) >> 32;
}

// Four runs in a row do each harm to the same place.
Damage missing_damage(const fs::path& store, std::uint64_t number) {
  const auto files = files_in(store, "");
  const fs::path& file = files[spread(number / 4, files.size())];
  const std::string name = fs::relative(file, store).string();
  const std::string content = content_of(file);
  switch (number % 4) {
    case 0: fs::remove(file); return {name + " is gone"};
    case 1: write_over(file, ""); return {name + " is empty"};
    case 2: write_over(file, content.substr(0, content.size() / 2)); return {name + " is half"};
    default:
      write_over(file, content.substr(0, (content.size() - 1) / kBlock * kBlock));
      return {name + " ends at a block"};
  }
}

Damage head_damage(const fs::path& store, const fs::path& earlier, Random& random) {
  const fs::path head = store / "head" / "head";
  switch (below(random, 4)) {
    case 0: fs::remove(head); return {"the head copy is gone"};
    case 1: write_over(head, ""); return {"the head copy is empty"};
    case 2:
      fs::remove(head);
      fs::copy(earlier / "head" / "head", head);
      return {"the head copy is an older one"};
    default: return {flip_bit(head, 0, fs::file_size(head), random)};
  }
}

Bytes row_key(const store::LogDb& db, store::Family family, std::uint64_t choice) {
  std::vector<Bytes> keys;
  auto cursor = db.cursor(family, store::LogDb::Walk::bulk);
  for (cursor.seek({}); cursor.valid(); cursor.next())
    if (cursor.key().size() > 1) keys.emplace_back(cursor.key().begin(), cursor.key().end());
  return keys.empty() ? Bytes{} : keys[choice % keys.size()];
}

}  // namespace

Damage do_damage(Mode mode, const fs::path& store, const fs::path& earlier, std::uint64_t number,
                 Random& random) {
  switch (mode) {
    case Mode::journal: return journal_damage(store, random);
    case Mode::table: return table_damage(store, random);
    case Mode::missing: return missing_damage(store, number);
    default: return head_damage(store, earlier, random);
  }
}

int tamper(const fs::path& dir, std::uint64_t choice) {
  using store::Family;
  constexpr Family kFamilies[] = {Family::leaves, Family::bodies, Family::ids, Family::streams};
  const auto db = store::LogDb::open(store::log_path(dir), store::LogDb::Use::inspect);
  if (!db) return 1;
  Random random(choice);
  const Family family = kFamilies[below(random, std::size(kFamilies))];
  const Bytes key = row_key(*db.value(), family, random());
  Bytes value;
  if (key.empty() || !db.value()->get(family, key, value)) return 1;
  store::LogBatch batch(*db.value());
  if (one_in(random, 4)) {
    batch.remove(family, key);
  } else {
    value[below(random, value.size())] ^= static_cast<std::uint8_t>(1u << below(random, 8));
    batch.put(family, key, value);
  }
  if (!db.value()->write(batch) || !db.value()->flush_all()) return 1;
  return 0;
}

}  // namespace cartella::fault
