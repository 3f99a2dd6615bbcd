#include <algorithm>
#include <set>

#include "cases/codice_fiscale.h"
#include "ops/demo_world.h"
#include "schema/code_lists.h"

namespace cartella::ops::demo {

namespace {

constexpr std::array<std::string_view, 48> kSurnames = {
    "ALBINI",    "BACCHI",    "BALDASSARRI", "BELLONI",   "BENVENUTI",   "BERTOLÈ",   "BIAGETTI",
    "BRUNORI",   "CALZOLAI",  "CANNATÀ",     "CASTELLI",  "CECCONI",     "CIRILLO",   "D'AGATA",
    "D'URSO",    "DAL CERRO", "DE SIMONE",   "DEL PRATO", "DELLA VALLE", "DI PIETRO", "FABBRI",
    "FALCÃO",    "FEDELI",    "FORNÌ",       "GALLETTI",  "GIUSTINI",    "GRANATA",   "LANZI",
    "LO CASCIO", "MANCÙ",     "MARCHETTI",   "MELONI",    "MORELLI",     "NARDINI",   "ORSINI",
    "PALAZZI",   "PAVONE",    "PELLICANÒ",   "QUERCI",    "RAVELLI",     "SALVATI",   "SERAFINI",
    "TADDEI",    "TORTORA",   "UBALDI",      "VALENTI",   "VISCONTI",    "ZAPPALÀ"};
constexpr std::array<std::string_view, 20> kForeignSurnames = {
    "AHMETI", "BEN ALI", "CHEN",    "DIALLO", "DUMITRU",   "EL AMRANI", "FERREIRA",
    "GASHI",  "HOXHA",   "IONESCU", "KAUR",   "KOVALENKO", "LI",        "MÜLLER",
    "NUÑEZ",  "OKAFOR",  "POPESCU", "SINGH",  "TRAORE",    "WU"};
constexpr std::array<std::string_view, 24> kMen = {
    "ALDO",       "ANDREA", "BRUNO",  "CARLO",  "DARIO", "ELIO",    "EMANUELE", "FABIO",
    "GINO",       "IVO",    "LORIS",  "LUCA",   "MARIO", "NICCOLÒ", "OSCAR",    "PAOLO",
    "PIER LUIGI", "REMO",   "SANDRO", "SIMONE", "TITO",  "UGO",     "VALERIO",  "WALTER"};
constexpr std::array<std::string_view, 24> kWomen = {
    "ADA",   "AGNESE", "ANNA MARIA", "BICE", "CARLA", "CHIARA", "DORA",  "ELENA",
    "EMMA",  "FRANCA", "GRETA",      "INES", "IRENE", "LAURA",  "LUCIA", "MARTA",
    "NOEMI", "OLGA",   "PAOLA",      "RITA", "SARA",  "TECLA",  "VERA",  "ZOÈ"};

struct Origin {
  std::string_view state;
  std::string_view citizenship;
  std::string_view nationality;
};
constexpr std::array<Origin, 6> kOrigins = {{{"Z100", "008", "ALBANIA"},
                                             {"Z129", "642", "ROMANIA"},
                                             {"Z330", "504", "MAROCCO"},
                                             {"Z210", "156", "CINA"},
                                             {"Z335", "566", "NIGERIA"},
                                             {"Z222", "356", "INDIA"}}};

// Residents per thousand that a lead comune and an ordinary one hold of 28.
constexpr std::uint64_t kLeadWeight = 5;

std::string upper_name(std::string_view name) {
  std::string result(name);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  // The registry writes places in plain capitals: accented small letters become apostrophes.
  for (const auto& [from, to] : {std::pair<std::string_view, std::string_view>{"à", "A'"},
                                 {"è", "E'"},
                                 {"é", "E'"},
                                 {"ì", "I'"},
                                 {"ò", "O'"},
                                 {"ù", "U'"}})
    for (std::size_t at = result.find(from); at != std::string::npos; at = result.find(from))
      result.replace(at, from.size(), to);
  return result;
}

std::vector<Comune> choose_comuni(Date day) {
  std::vector<Comune> chosen;
  std::size_t seen = 0;
  for (const schema::Comune& comune : schema::comuni()) {
    if (comune.province != "RI" || !comune.validity.covers(day) || comune.istat.empty()) continue;
    if (seen++ % 2 != 0) continue;  // every second one of an alphabetical list
    const auto index = chosen.size();
    if (index == 28) break;
    chosen.push_back({std::string(comune.belfiore), std::string(comune.name),
                      index < 8 ? 1 : (index < 16 ? 2 : 3),
                      index == 0 || index == 8 || index == 16});
  }
  return chosen;
}

class PeopleMaker {
 public:
  explicit PeopleMaker(World& world) : x_world(world), x_random(world.random) {
    for (const schema::Comune& comune : schema::comuni())
      if (comune.validity.covers(world.last_day) && comune.validity.from < Date{-25'567})
        x_birth_places.push_back(&comune);  // there since before 1900
    for (std::size_t i = 0; i < world.comuni.size(); ++i)
      for (std::uint64_t n = 0; n < (world.comuni[i].lead ? kLeadWeight : 1); ++n)
        x_weighted.push_back(i);
  }

  void household() {
    const std::size_t comune = x_random.pick(std::span<const std::size_t>(x_weighted));
    const std::size_t size = x_random.few(6);
    const int street = static_cast<int>(1 + x_random.below(kStreets));
    const std::uint64_t number = 1 + x_random.below(179);
    const Date since{x_world.last_day.days - static_cast<int>(x_random.below(9000))};
    ++x_household;
    const bool foreign = x_random.chance(9);
    const Origin& origin = x_random.pick(std::span<const Origin>(kOrigins));
    for (std::size_t i = 0; i < size; ++i) {
      Person person = someone(i, foreign ? &origin : nullptr);
      person.comune = comune;
      person.household = x_household;
      person.street = street;
      person.number = number;
      person.resident_from = std::max(since, person.birth);
      person.matricola = x_world.people.size() + 1;
      if (x_random.below(100) == 0)
        person.died = Date{x_world.last_day.days - static_cast<int>(x_random.below(300))};
      if (person.died && *person.died < person.resident_from) person.died.reset();
      x_world.people.push_back(std::move(person));
    }
  }

 private:
  Person someone(std::size_t place_in_family, const Origin* origin) {
    Person person;
    person.sex = x_random.chance(50) ? 'M' : 'F';
    const auto names = person.sex == 'M' ? std::span<const std::string_view>(kMen)
                                         : std::span<const std::string_view>(kWomen);
    person.name = x_random.pick(names);
    const auto surnames = origin != nullptr ? std::span<const std::string_view>(kForeignSurnames)
                                            : std::span<const std::string_view>(kSurnames);
    person.surname = x_random.pick(surnames);
    const std::uint64_t age_days =
        place_in_family < 2 ? 7300 + x_random.below(27'000) : x_random.below(9000);
    person.birth = Date{x_world.last_day.days - 400 - static_cast<int>(age_days)};
    person.civil_status = age_days < 7300 ? 1 : static_cast<int>(1 + x_random.below(5));
    if (origin != nullptr) {
      person.birth_place = origin->state;
      person.birth_place_name = origin->nationality;
      person.province = "EE";
      person.citizenship = origin->citizenship;
      person.nationality = origin->nationality;
    } else {
      const schema::Comune& place = *x_birth_places[x_random.below(x_birth_places.size())];
      person.birth_place = place.belfiore;
      person.birth_place_name = upper_name(place.name).substr(0, 50);
      person.province = place.province;
      person.citizenship = "380";
      person.nationality = "ITALIANA";
    }
    person.codice = unique_codice(person);
    return person;
  }

  std::string unique_codice(const Person& person) {
    auto base = cases::make_codice_fiscale({person.surname, person.name, std::string(1, person.sex),
                                            person.birth, person.birth_place});
    std::string codice = base.has_value() ? base.value() : std::string{};
    // Two people of equal data: the later one gets substituted digits.
    for (int count = 1; count <= 7 && !x_codici.insert(codice).second; ++count) {
      auto other = cases::substitute_digits(base.value(), count);
      if (other) codice = other.value();
    }
    return codice;
  }

  World& x_world;
  Random& x_random;
  std::vector<const schema::Comune*> x_birth_places;
  std::vector<std::size_t> x_weighted;
  std::set<std::string> x_codici;
  std::uint64_t x_household = 0;
};

}  // namespace

std::uint64_t Random::next() {
  x_state += 0x9E3779B97F4A7C15ull;
  std::uint64_t z = x_state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

World make_world(std::uint64_t seed, std::uint32_t people) {
  World world{Random(seed), *make_date(2025, 12, 31), {}, {}, {}};
  world.comuni = choose_comuni(world.last_day);
  PeopleMaker maker(world);
  while (world.people.size() < people) maker.household();
  return world;
}

}  // namespace cartella::ops::demo
