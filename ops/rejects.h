// ops/rejects.h: the file that tells which rows an import refused or doubted, and why.
//
// CSV: file;line;table;id;severity;reason. A row is named by its own key (row id or matricola),
// never by an identifier, name or text of a person. The file is written beside its place and
// renamed when complete, so that a killed import never leaves half of one.
// Threads: add() from any thread; the rest from one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"

namespace cartella::ops {

enum class Severity : std::uint8_t { rejected, warning };

struct Reject {
  std::string file;
  std::uint64_t line = 0;  // 0: not about one line
  std::string table;
  // Key of the row; empty when the row is too broken to have one. Of a warning about a whole
  // column: the column's name.
  std::string id;
  Severity severity = Severity::rejected;
  std::string reason;  // a code: future_access_date, unknown_need, ...
  auto operator<=>(const Reject&) const = default;
};

class Rejects {
 public:
  void add(Reject reject);
  std::uint64_t rejected() const;
  std::uint64_t warnings() const;
  // Ordered by file, line and reason, whatever the order of discovery.
  std::vector<Reject> sorted() const;
  // Replaces `to` as a whole. io.
  Status write(const std::filesystem::path& to) const;

 private:
  struct State {
    std::vector<Reject> rows;
    std::uint64_t rejected = 0;
  };
  Mutex<State> x_state;
};

}  // namespace cartella::ops
