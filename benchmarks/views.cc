// benchmarks/views.cc: how far the views lag behind acknowledged appends, and how fast all of them
// are rebuilt.
//
//   views --dir FOLDER [--events 200000] [--people 2000] [--in-flight 64] [--rate COMMANDS]
//         [--calibrate 5] [--seconds 20] [--rounds 3]
//
// Store, executor and views as a server opens them, in an empty folder. Commands of casework fill
// the log to --events; the rate is what so many clients reach while the views follow, and then the
// same clients send at half of it (at --rate where it is given), each with exponential pauses. The
// lag of a command is from its acknowledgement until every view holds its last event, looked at
// once a millisecond by a thread that sleeps in between, so that no lag is told smaller than it
// was. The log of the end is then rebuilt.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>

#include "benchmarks/bench.h"
#include "benchmarks/casework.h"
#include "crypto/secret.h"

namespace cartella::bench {
namespace {

using Time = std::chrono::steady_clock;
double since(Time::time_point start) {
  return std::chrono::duration<double>(Time::now() - start).count();
}

constexpr std::chrono::milliseconds kLook{1};
constexpr std::chrono::seconds kFollowMax{60};  // views that need longer have stopped
constexpr double kAimMs = 100;                  // of the 99th of 100

// Waits for what was acknowledged to stand in the views. wait_for is not asked, since the views
// gather no longer when somebody waits for them.
class LagMeter {
 public:
  explicit LagMeter(const projections::Engine& engine)
      : x_engine(engine), x_thread([this](const std::stop_token& token) { look(token); }) {}

  void acknowledged(const store::Receipt& receipt) {
    const std::lock_guard lock(x_mutex);
    x_pending.push_back({receipt.first_position + receipt.event_count, Time::now()});
  }
  // Waits for what is still under way; in milliseconds, sorted.
  std::vector<double> finish() {
    x_thread.request_stop();
    x_thread.join();
    std::sort(x_lags.begin(), x_lags.end());
    return std::move(x_lags);
  }
  double own_cpu_seconds() const { return x_cpu; }  // after finish

 private:
  struct Pending {
    std::uint64_t end;  // the views hold it when their cursor is here
    Time::time_point since;
  };

  std::uint64_t cursor() const {
    std::uint64_t lowest = UINT64_MAX;
    for (const auto& status : x_engine.statuses()) {
      if (status.faulted) stop("a view stopped: " + status.name);
      lowest = std::min(lowest, status.cursor);
    }
    return lowest;
  }

  bool take_reached(std::uint64_t reached) {
    const auto now = Time::now();
    const std::lock_guard lock(x_mutex);
    std::erase_if(x_pending, [&](const Pending& each) {
      if (each.end > reached) return false;
      x_lags.push_back(std::chrono::duration<double, std::milli>(now - each.since).count());
      return true;
    });
    if (!x_pending.empty() && now - x_pending.front().since > kFollowMax)
      stop("the views do not follow");
    return x_pending.empty();
  }

  void look(const std::stop_token& token) {
    const double before = thread_cpu_seconds();
    for (;;) {
      const bool is_last = token.stop_requested();
      const bool has_all = take_reached(cursor());
      if (is_last && has_all) break;
      std::this_thread::sleep_for(kLook);
    }
    x_cpu = thread_cpu_seconds() - before;
  }

  const projections::Engine& x_engine;
  std::mutex x_mutex;
  std::vector<Pending> x_pending;  // about in the order of the log
  std::vector<double> x_lags;
  double x_cpu = 0;
  std::jthread x_thread;
};

// Clients that each write about people of their own, so that nobody has to decide again.
struct Clients {
  std::size_t count = 64;
  double seconds = 0;
  double rate = 0;          // commands a second of all; 0: as fast as they are answered
  std::uint64_t until = 0;  // a log of this size ends it, too; 0: none
  LagMeter* meter = nullptr;
};

struct Written {
  std::uint64_t commands = 0;
  std::uint64_t events = 0;
  double seconds = 0;
  double cpu_us = 0;  // of the whole process, a command
};

Written write_as_one(Installation& at, const std::vector<Person>& people, const Clients& clients,
                     std::size_t index, Time::time_point start) {
  std::mt19937_64 random(index + at.workspace->store().size() * clients.count);
  std::exponential_distribution<double> pause(
      clients.rate > 0 ? clients.rate / static_cast<double>(clients.count) : 1);
  std::uniform_int_distribution<std::size_t> own(0, people.size() / clients.count - 1);
  Written written;
  double due = 0;
  for (;; ++written.commands) {
    if (clients.rate > 0) {
      due += pause(random);
      std::this_thread::sleep_until(
          start + std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(due)));
    }
    if (since(start) >= clients.seconds) return written;
    if (clients.until > 0 && at.workspace->store().size() >= clients.until) return written;
    const auto receipt =
        write_one(at, people[index + clients.count * own(random)], index + written.commands);
    if (clients.meter != nullptr) clients.meter->acknowledged(receipt);
    written.events += receipt.event_count;
  }
}

Written write(Installation& at, const std::vector<Person>& people, const Clients& clients) {
  std::vector<Written> each(clients.count);
  const double cpu = own_cpu_seconds();
  const auto start = Time::now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < clients.count; ++i)
      threads.emplace_back([&, i] { each[i] = write_as_one(at, people, clients, i, start); });
  }
  Written all;
  all.seconds = since(start);
  for (const Written& one : each) {
    all.commands += one.commands;
    all.events += one.events;
  }
  if (all.commands == 0) stop("no command was written: more seconds are needed");
  all.cpu_us = (own_cpu_seconds() - cpu) / static_cast<double>(all.commands) * 1e6;
  return all;
}

void report(const char* what, const Written& written) {
  const double commands = static_cast<double>(written.commands);
  std::printf("  %-40s %8.0f commands/s, %8.0f events/s, CPU %6.1f us a command\n", what,
              commands / written.seconds, static_cast<double>(written.events) / written.seconds,
              written.cpu_us);
  std::fflush(stdout);
}

std::vector<Person> add_people(Installation& at, std::size_t count, std::size_t threads) {
  std::vector<Person> people(count);
  std::vector<std::jthread> adding;
  for (std::size_t i = 0; i < threads; ++i)
    adding.emplace_back([&, i] {
      for (std::size_t n = i; n < count; n += threads)
        people[n] = add_person_with_benefit(at, "misurata " + std::to_string(n));
    });
  adding.clear();
  return people;
}

double part_of(const std::vector<double>& sorted, double part) {
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

void measure_lag(Installation& at, const std::vector<Person>& people, std::size_t in_flight,
                 double rate, double calibrate_seconds, double seconds) {
  projections::Engine& engine = at.workspace->engine();
  engine.start();
  Clients clients;
  clients.count = in_flight;
  if (rate == 0) {
    clients.seconds = calibrate_seconds;
    const Written all = write(at, people, clients);
    report("as fast as answered, views following", all);
    rate = static_cast<double>(all.commands) / all.seconds / 2;
    const auto ended = Time::now();
    must(engine.wait_for(at.workspace->store().size() - 1, kFollowMax));
    std::printf("  %-40s %8.1f ms\n", "until the views held all of it", since(ended) * 1e3);
  }
  LagMeter meter(engine);
  clients.rate = rate;
  clients.seconds = seconds;
  clients.meter = &meter;
  const Written half = write(at, people, clients);
  const auto lags = meter.finish();
  engine.stop();
  report("at the rate of the lag", half);
  std::printf(
      "  lag of %zu commands, ms: p50 %.1f, p90 %.1f, p99 %.1f, most %.1f (aim of p99 %.0f%s)\n",
      lags.size(), part_of(lags, 0.5), part_of(lags, 0.9), part_of(lags, 0.99), lags.back(), kAimMs,
      part_of(lags, 0.99) <= kAimMs ? ": met" : ": missed");
  std::printf("  of a core, to look at the views: %.1f %%\n",
              100 * meter.own_cpu_seconds() / half.seconds);
  std::fflush(stdout);
}

void report_build(const char* what, std::uint64_t events, double seconds, double cpu) {
  const double count = static_cast<double>(events);
  std::printf("  %-40s %8.0f events/s of %llu, CPU %6.1f us an event\n", what, count / seconds,
              static_cast<unsigned long long>(events), cpu / count * 1e6);
  std::fflush(stdout);
}

void measure_rebuild(Installation& at, int rounds) {
  const std::uint64_t events = at.workspace->store().size();
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) {
    const double cpu = own_cpu_seconds();
    const auto start = Time::now();
    must(at.workspace->engine().rebuild_all());
    seconds.push_back(since(start));
    report_build("rebuild of all views", events, seconds.back(), own_cpu_seconds() - cpu);
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("  %-40s %8.0f events/s\n", "the middle of them",
              static_cast<double>(events) / seconds[seconds.size() / 2]);
}

void run(int argc, char** argv) {
  const std::string dir = argument(argc, argv, "--dir", "");
  if (dir.empty()) stop("--dir FOLDER is needed: empty, on the disk to measure");
  const auto events = std::stoul(argument(argc, argv, "--events", "200000"));
  const auto in_flight = std::max(1ul, std::stoul(argument(argc, argv, "--in-flight", "64")));
  const auto people_count =
      std::max(in_flight, std::stoul(argument(argc, argv, "--people", "2000")));
  auto at = make_installation(dir);
  const auto people = add_people(at, people_count, in_flight);
  Clients filling;
  filling.count = in_flight;
  filling.seconds = 1e9;
  filling.until = events;
  if (at.workspace->store().size() < events)
    report("filling, no views", write(at, people, filling));
  const std::uint64_t size = at.workspace->store().size();
  const double cpu = own_cpu_seconds();
  const auto start = Time::now();
  must(at.workspace->engine().catch_up());
  report_build("views of the log, from nothing", size, since(start), own_cpu_seconds() - cpu);
  measure_lag(at, people, in_flight, std::stod(argument(argc, argv, "--rate", "0")),
              std::stod(argument(argc, argv, "--calibrate", "5")),
              std::stod(argument(argc, argv, "--seconds", "20")));
  measure_rebuild(at, std::max(1, std::stoi(argument(argc, argv, "--rounds", "3"))));
  must(at.workspace->close());
}

}  // namespace
}  // namespace cartella::bench

int main(int argc, char** argv) {
  cartella::crypto::start();
  cartella::bench::run(argc, argv);
  return 0;
}
