// store/reference.h: the population registers of the comuni, as their last files say.
//
// A RocksDB of its own under <dir>/reference, encrypted with a secret of the vault. It feeds
// commands and never projections: what a command takes from it becomes an event. Each file replaces
// what the comune's last file of that kind said: the new records are written as a generation, one
// batch makes it current, then the old one is deleted and compacted away. Keys hold keyed hashes,
// never a personal value, because RocksDB prints keys into a log that is not encrypted.
// Threads: reads from any thread, each over one consistent state; replacing by one thread at a
// time for one comune and kind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "store/resident.h"

namespace cartella::store {

enum class ReferenceKind : std::uint8_t { residents = 1, streets = 2, civil_statuses = 3 };

// What is known of the file that the current generation comes from.
struct ReferenceFile {
  Date date;  // of the export
  Hash32 digest{};
  std::uint64_t record_count = 0;    // lines of the file
  std::uint64_t accepted_count = 0;  // of them, taken into the reference
  bool operator==(const ReferenceFile&) const = default;
};

struct ReferenceCode {
  std::string code;
  std::string label;
  bool operator==(const ReferenceCode&) const = default;
};

class Reference {
 public:
  // One replacement of the residents of a comune. Without `commit` nothing changes and what was
  // written is deleted. Belongs to one thread; the Reference outlives it.
  class Load {
   public:
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;
    // The record's comune is the load's. conflict: the matricola was added before; it is not taken.
    // invalid_argument: no matricola, another comune, or a field too long. io, out_of_space.
    Status add(const Resident& resident);
    // Durable and current on return; the old generation is deleted and compacted. The accepted
    // count stored is that of the records added. io, out_of_space. Not twice.
    Status commit(const ReferenceFile& file);

   private:
    friend class Reference;
    struct Impl;
    explicit Load(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> x_impl;
  };

  // Makes it where it is missing and removes what an interrupted load left. in_use, corrupt (also
  // when `secret` is another one), io, out_of_space.
  static Result<std::unique_ptr<Reference>> open(const std::filesystem::path& data_dir,
                                                 const crypto::Secret32& secret);
  ~Reference();

  // invalid_argument: a comune has 1 to 16 bytes. unavailable: a load of that comune is under way.
  Result<std::unique_ptr<Load>> replace_residents(std::string_view comune);
  // Streets or civil statuses; of a code that occurs twice the last label stands.
  // invalid_argument: the kind is residents, or a code is empty. io, out_of_space.
  Status replace_codes(ReferenceKind kind, std::string_view comune,
                       const std::vector<ReferenceCode>& codes, const ReferenceFile& file);

  // All reads: corrupt, io, unsupported.
  Result<std::vector<std::string>> comuni(ReferenceKind kind) const;  // in order
  Result<std::optional<ReferenceFile>> file(ReferenceKind kind, std::string_view comune) const;
  // Of all comuni, living and dead; in the order of comuni.
  Result<std::vector<Resident>> find_codice_fiscale(std::string_view codice_fiscale) const;
  Result<std::optional<Resident>> find_matricola(std::string_view comune,
                                                 std::string_view matricola) const;
  // Everybody with that household number, in the order of matricole.
  Result<std::vector<Resident>> household(std::string_view comune, std::string_view number) const;
  // In no meaningful order; stops at the first error.
  Status each_resident(std::string_view comune,
                       const std::function<Status(const Resident&)>& each) const;
  // The label of a street or civil status.
  Result<std::optional<std::string>> label(ReferenceKind kind, std::string_view comune,
                                           std::string_view code) const;
  Result<std::vector<ReferenceCode>> codes(ReferenceKind kind, std::string_view comune) const;
  // Every file as it stands on the disk, then every record. corrupt, io.
  Status verify() const;
  // A consistent copy in `to`, which is made; it opens with the same secret. io, out_of_space,
  // corrupt.
  Status snapshot(const std::filesystem::path& to) const;
  // Whole-file checksums of a reference that nobody has open. corrupt names the file; io.
  static Status verify_files(const std::filesystem::path& data_dir, const crypto::Secret32& secret);

 private:
  struct Impl;
  explicit Reference(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::store
