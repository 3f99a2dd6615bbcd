// benchmarks/bench.h: what one measurement is, and the loop that every system is driven by.
//
// A measurement keeps a number of requests in flight: each slot has at most one, and starts the
// next when it was answered. Two client threads share the slots of a system with an asynchronous
// interface; a blocking interface gets one thread a slot. Latency is from submission to answer.
// Threads: as said; the results are gathered when all have ended.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cartella::bench {

enum class Signing { none, server, author };

struct Shape {
  std::size_t in_flight = 1;
  std::size_t event_bytes = 1024;
  std::size_t events = 10'000;  // over all slots
};

struct Outcome {
  double events_per_second = 0;
  double cpu_us_per_event = 0;  // of all processes of the system, client included
  double p50_ms = 0;
  double p99_ms = 0;
};

// One request of one slot: starts it and gives the function that waits for its answer.
using Wait = std::function<void()>;
class System {
 public:
  virtual ~System() = default;
  virtual std::string name() const = 0;
  virtual bool blocking() const = 0;
  // Everything that is not part of a request: streams, connections, what authors signed before.
  virtual void prepare(const Shape& shape) = 0;
  virtual Wait submit(std::size_t slot) = 0;
  // CPU seconds used so far by everything that works for this system.
  virtual double cpu_seconds() const;
};

// Seconds of CPU of this process.
double own_cpu_seconds();
// Of the thread that asks.
double thread_cpu_seconds();
Outcome measure(System& system, const Shape& shape);

// Ends the program with the text: a benchmark has nobody to return an error to.
[[noreturn]] void stop(const std::string& why);
template <class R>
auto must(R&& result) {
  if (!result) stop(result.error().detail);
  if constexpr (!std::is_same_v<decltype(result), void>) return std::forward<R>(result).value();
}

// The middle of the rounds, by rate.
Outcome middle(std::vector<Outcome> rounds);
// Number after `name` in the arguments, or `otherwise`.
std::string argument(int argc, char** argv, const std::string& name, const std::string& otherwise);

}  // namespace cartella::bench
