// ops/demo_world.h: the invented ambito while it is being made; internal to the generator.
//
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ops/demo_data.h"

namespace cartella::ops::demo {

// SplitMix64: small, and the same on every machine, unlike the distributions of the library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : x_state(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
  template <class T>
  const T& pick(std::span<const T> from) {
    return from[below(from.size())];
  }
  // A number of [1, max] that is rarely high.
  std::uint64_t few(std::uint64_t max) {
    std::uint64_t count = 1;
    while (count < max && chance(50)) ++count;
    return count;
  }

 private:
  std::uint64_t x_state;
};

struct Comune {
  std::string belfiore;
  std::string name;
  int zone = 1;
  bool lead = false;
};

struct Person {
  std::string surname;
  std::string name;
  char sex = 'M';
  Date birth;
  std::string birth_place;  // Belfiore
  std::string birth_place_name;
  std::string province;
  std::string citizenship;  // ISO numeric
  std::string nationality;  // as the registry writes it
  std::string codice;
  int civil_status = 1;
  std::size_t comune = 0;
  std::uint64_t matricola = 0;
  std::uint64_t household = 0;
  int street = 1;
  std::uint64_t number = 1;
  Date resident_from;
  std::optional<Date> died;
  std::string_view fault;  // of the registry's record
};

using Counts = std::map<std::string, std::int64_t>;

// What expected.json says; filled while the rows are made.
struct Expected {
  struct Fault {
    std::string comune;
    std::string matricola;
    std::string fault;
  };
  struct Refused {
    std::string table;
    std::int64_t id = 0;
    std::string why;
  };
  std::int64_t people = 0;
  Counts people_by_comune;
  std::vector<Fault> faults;
  std::int64_t cards_read = 0;
  std::int64_t cases = 0;
  std::vector<Refused> refused;
  std::map<std::string, Counts> sections;  // "accesses_by_comune" and the others
};

struct World {
  Random random;
  Date last_day;  // of the data; fixed, so that the bytes are
  std::vector<Comune> comuni;
  std::vector<Person> people;
  Expected expected;
};

inline constexpr std::size_t kStreets = 15;
inline constexpr int kDays = 730;  // two years of work

World make_world(std::uint64_t seed, std::uint32_t people);                    // demo_people.cc
Status write_registry(World& world, const std::filesystem::path& dir);         // demo_registry.cc
Status write_predecessor(World& world, const std::filesystem::path& dir);      // demo_casework.cc
Status write_expected(const World& world, const std::filesystem::path& file);  // demo_expected.cc
Status write_text(const std::filesystem::path& file, std::string_view text);

}  // namespace cartella::ops::demo
