#include "ops/import_source.h"

#include "crypto/hash.h"
#include "ops/csv.h"
#include "ops/import_columns.h"
#include "ops/import_reading.h"
#include "ops/source_file.h"
#include "store/file_io.h"

namespace cartella::ops {

namespace {

// Over the names and bytes of all tables in the order of their names, each framed.
Result<Hash32> digest_of_tables(const std::filesystem::path& dir) {
  CARTELLA_TRY(const auto names, store::names_in(dir));
  crypto::Sha256Stream hash;
  for (const std::string& name : names) {
    if (std::filesystem::path(name).extension() != ".csv") continue;
    CARTELLA_TRY(auto file, SourceFile::open(dir / name, CsvLimits{}.file_bytes_max));
    Bytes head;
    ByteWriter writer(head);
    writer.framed(as_bytes(name));
    writer.u64(file.size());
    hash.update(head);
    CARTELLA_TRY(hash_rest(file, hash));
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
  CARTELLA_TRY(reading.source.digest, digest_of_tables(dir));
  CARTELLA_TRY(read_organisation(reading));
  CARTELLA_TRY(read_people(reading));
  CARTELLA_TRY(read_cards(reading));
  warn_of_codes(reading);
  CARTELLA_TRY(read_cases(reading));
  CARTELLA_TRY(read_benefits(reading));
  CARTELLA_TRY(warn_of_unread(dir, rejects));
  return std::move(reading.source);
}

}  // namespace cartella::ops
