// benchmarks/append.cc: durable appends a second, ours against the ceiling and, where there is one,
// a PostgreSQL cluster: alternating in one run, the middle of the rounds, printed as ratios.
//
//   append --dir FOLDER [--postgres CONNECTION] [--bytes 1024] [--rounds 3] [--seconds 2]
//          [--in-flight 1,16,64,128] [--systems server,author,table,...]

#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "benchmarks/ledger.h"
#include "benchmarks/peers/peers.h"
#include "crypto/secret.h"

namespace cartella::bench {
namespace {

// Parts of "a,b,c".
std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

struct Entry {
  std::string key;
  std::unique_ptr<System> system;
  std::map<std::size_t, Outcome> outcomes;  // by requests in flight
};

// `wanted` names some of them; empty: all.
std::vector<Entry> make_systems(const std::filesystem::path& dir, const std::string& postgres,
                                const std::vector<std::string>& wanted) {
  std::vector<Entry> systems;
  const std::set<std::string> names(wanted.begin(), wanted.end());
  const auto add = [&](const std::string& key, const auto& make) {
    if (names.empty() || names.contains(key)) systems.push_back({key, make(), {}});
  };
  add("server", [&] { return make_ledger_system(dir / "server", Signing::server); });
  add("author", [&] { return make_ledger_system(dir / "author", Signing::author); });
  add("bare-server", [&] { return make_bare_system(dir / "bare-server", Signing::server); });
  add("bare-author", [&] { return make_bare_system(dir / "bare-author", Signing::author); });
  add("rocksdb", [&] { return make_plain_rocksdb(dir / "rocksdb"); });
#ifdef CARTELLA_HAVE_LIBPQ
  if (!postgres.empty()) {
    add("table", [&] { return make_postgres_table(postgres); });
    add("category", [&] { return make_postgres_category(postgres); });
  }
#else
  if (!postgres.empty()) stop("this build has no libpq");
#endif
  return systems;
}

// About `seconds` of work, guessed from a short run.
std::size_t events_for(System& system, Shape shape, double seconds) {
  shape.events = std::max<std::size_t>(shape.in_flight * 20, 400);
  const double rate = measure(system, shape).events_per_second;
  return std::max<std::size_t>(shape.events, static_cast<std::size_t>(rate * seconds));
}

void measure_all(std::vector<Entry>& systems, std::size_t in_flight, std::size_t bytes, int rounds,
                 double seconds) {
  std::vector<std::vector<Outcome>> outcomes(systems.size());
  std::vector<Shape> shapes;
  for (Entry& entry : systems) {
    Shape shape{in_flight, bytes, 0};
    shape.events = events_for(*entry.system, shape, seconds);
    shapes.push_back(shape);
  }
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < systems.size(); ++i)
      outcomes[i].push_back(measure(*systems[i].system, shapes[i]));
  std::printf("\n%zu in flight, %zu bytes\n", in_flight, bytes);
  std::printf("  %-32s %10s %9s %9s %9s\n", "", "events/s", "CPU us", "p50 ms", "p99 ms");
  for (std::size_t i = 0; i < systems.size(); ++i) {
    const Outcome outcome = middle(outcomes[i]);
    systems[i].outcomes[in_flight] = outcome;
    std::printf("  %-32s %10.0f %9.1f %9.2f %9.2f\n", systems[i].system->name().c_str(),
                outcome.events_per_second, outcome.cpu_us_per_event, outcome.p50_ms,
                outcome.p99_ms);
    std::fflush(stdout);
  }
}

void print_ratios(const std::vector<Entry>& systems, const char* ours, const char* other,
                  const std::map<std::size_t, double>& aims) {
  const Entry* a = nullptr;
  const Entry* b = nullptr;
  for (const Entry& entry : systems) {
    if (entry.key == ours) a = &entry;
    if (entry.key == other) b = &entry;
  }
  if (a == nullptr || b == nullptr) return;
  std::printf("  %-24s / %-26s", a->system->name().c_str(), b->system->name().c_str());
  for (const auto& [in_flight, outcome] : a->outcomes) {
    const double ratio = outcome.events_per_second / b->outcomes.at(in_flight).events_per_second;
    const auto aim = aims.find(in_flight);
    if (aim == aims.end())
      std::printf("  %5.2f           ", ratio);
    else
      std::printf("  %5.2f (aim %4.2f)%s", ratio, aim->second, ratio < aim->second ? "-" : " ");
  }
  std::printf("\n");
}

}  // namespace
}  // namespace cartella::bench

int main(int argc, char** argv) {
  using namespace std::string_literals;
  namespace bench = cartella::bench;
  cartella::crypto::start();
  const std::string dir = bench::argument(argc, argv, "--dir", "");
  if (dir.empty()) bench::stop("--dir FOLDER is needed; it should be on the disk to measure");
  const auto bytes = std::stoul(bench::argument(argc, argv, "--bytes", "1024"));
  const int rounds = std::stoi(bench::argument(argc, argv, "--rounds", "3"));
  const double seconds = std::stod(bench::argument(argc, argv, "--seconds", "2"));
  auto systems = bench::make_systems(dir, bench::argument(argc, argv, "--postgres", ""),
                                     bench::parts_of(bench::argument(argc, argv, "--systems", "")));
  const std::string in_flight = bench::argument(argc, argv, "--in-flight", "1,16,64,128");
  for (const std::string& each : bench::parts_of(in_flight))
    bench::measure_all(systems, std::stoul(each), bytes, rounds, seconds);
  std::printf("\nratios at %s in flight\n", in_flight.c_str());
  bench::print_ratios(systems, "server", "table", {{1, 1.8}, {16, 3.0}, {64, 5.5}});
  bench::print_ratios(systems, "author", "table", {{1, 1.4}, {16, 2.2}, {64, 3.8}});
  bench::print_ratios(systems, "server", "category", {{64, 15.0}});
  bench::print_ratios(systems, "author", "category", {});
  bench::print_ratios(systems, "server", "rocksdb", {});
  bench::print_ratios(systems, "server", "bare-server", {{128, 0.75}});
  bench::print_ratios(systems, "author", "bare-author", {{128, 0.75}});
  return 0;
}
