#include "ops/import_source.h"

#include <algorithm>
#include <fstream>

#include "crypto/hash.h"
#include "ops/import_reading.h"

namespace cartella::ops {

namespace {

// Over the names and bytes of all tables in the order of their names, each framed.
Result<Hash32> digest_of(const std::filesystem::path& dir) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error))
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  if (error) return fail(Errc::io, "the directory of the tables cannot be read");
  std::ranges::sort(files);
  crypto::Sha256Stream hash;
  std::string chunk(1 << 20, '\0');
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(Errc::io, "cannot open " + file.filename().string());
    Bytes head;
    ByteWriter writer(head);
    writer.framed(as_bytes(file.filename().string()));
    writer.u64(std::filesystem::file_size(file, error));
    hash.update(head);
    while (in) {
      in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
      const auto count = static_cast<std::size_t>(in.gcount());
      hash.update(as_bytes(std::string_view(chunk.data(), count)));
    }
    if (in.bad()) return fail(Errc::io, "a read of a table failed");
  }
  return hash.finish();
}

}  // namespace

Result<ImportTable> Reading::load(std::string_view name, std::string_view key,
                                  std::initializer_list<std::string_view> columns, bool optional) {
  CARTELLA_TRY(auto table, ImportTable::load(dir, name, key, columns, optional, rejects));
  source.rows += table.rows_read();
  return table;
}

Result<Source> read_source(const std::filesystem::path& dir, Rejects& rejects) {
  Reading reading(dir, rejects);
  CARTELLA_TRY(reading.source.digest, digest_of(dir));
  CARTELLA_TRY(read_organisation(reading));
  CARTELLA_TRY(read_people(reading));
  CARTELLA_TRY(read_cards(reading));
  CARTELLA_TRY(read_cases(reading));
  CARTELLA_TRY(read_benefits(reading));
  return std::move(reading.source);
}

}  // namespace cartella::ops
