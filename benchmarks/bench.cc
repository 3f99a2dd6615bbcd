#include "benchmarks/bench.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace cartella::bench {

namespace {

using Time = std::chrono::steady_clock;

double seconds_since(Time::time_point start) {
  return std::chrono::duration<double>(Time::now() - start).count();
}

// Drives the slots first, first + step, ... until `events` requests were answered.
void drive(System& system, const std::vector<std::size_t>& slots, std::size_t events,
           std::vector<double>& latencies) {
  struct Flight {
    Wait wait;
    Time::time_point start;
  };
  std::vector<Flight> flights(slots.size());
  std::size_t started = 0;
  std::size_t answered = 0;
  for (std::size_t i = 0; answered < events; i = (i + 1) % slots.size()) {
    Flight& flight = flights[i];
    if (flight.wait) {
      flight.wait();
      flight.wait = nullptr;
      latencies.push_back(seconds_since(flight.start));
      ++answered;
    }
    if (started < events) {
      flight.start = Time::now();
      flight.wait = system.submit(slots[i]);
      ++started;
    }
  }
}

double percentile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  const double at = part * static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(at)];
}

}  // namespace

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double thread_cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

double System::cpu_seconds() const { return own_cpu_seconds(); }

Outcome measure(System& system, const Shape& shape) {
  system.prepare(shape);
  const std::size_t threads =
      system.blocking() ? shape.in_flight : std::min<std::size_t>(2, shape.in_flight);
  std::vector<std::vector<std::size_t>> slots(threads);
  for (std::size_t i = 0; i < shape.in_flight; ++i) slots[i % threads].push_back(i);
  std::vector<std::vector<double>> latencies(threads);
  for (auto& each : latencies) each.reserve(shape.events / threads + 1);

  const double cpu_before = system.cpu_seconds();
  const auto start = Time::now();
  {
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < threads; ++i)
      clients.emplace_back(
          [&, i] { drive(system, slots[i], shape.events / threads, latencies[i]); });
  }
  const double seconds = seconds_since(start);
  const double cpu = system.cpu_seconds() - cpu_before;

  std::vector<double> all;
  for (const auto& each : latencies) all.insert(all.end(), each.begin(), each.end());
  std::sort(all.begin(), all.end());
  const double count = static_cast<double>(all.size());
  return {count / seconds, cpu / count * 1e6, percentile(all, 0.5) * 1e3,
          percentile(all, 0.99) * 1e3};
}

void stop(const std::string& why) {
  std::fprintf(stderr, "benchmark: %s\n", why.c_str());
  std::_Exit(1);
}

Outcome middle(std::vector<Outcome> rounds) {
  std::sort(rounds.begin(), rounds.end(), [](const Outcome& a, const Outcome& b) {
    return a.events_per_second < b.events_per_second;
  });
  return rounds[rounds.size() / 2];
}

std::string argument(int argc, char** argv, const std::string& name, const std::string& otherwise) {
  for (int i = 1; i + 1 < argc; ++i)
    if (argv[i] == name) return argv[i + 1];
  return otherwise;
}

}  // namespace cartella::bench
