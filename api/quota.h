// api/quota.h: how many requests each principal may make: a token bucket each.
//
// Bounded: when the table is full, the bucket that was idle longest makes room. Threads: any.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"

namespace cartella::api {

class Quota {
 public:
  Quota(const Clock& clock, std::uint32_t per_second, std::uint32_t burst)
      : x_clock(clock), x_per_second(per_second), x_burst(burst) {}

  struct Verdict {
    bool is_allowed = true;
    std::uint32_t limit = 0;  // of a burst
    std::uint32_t remaining = 0;
    std::uint32_t reset_seconds = 0;  // until the bucket is full again; refused: until the next
  };
  Verdict take(const std::string& principal);

 private:
  struct Bucket {
    std::string principal;
    double tokens = 0;
    std::int64_t filled_at_us = 0;
  };
  const Clock& x_clock;
  const double x_per_second;
  const double x_burst;
  std::mutex x_mutex;
  std::list<Bucket> x_buckets;  // the one used last comes first
  std::unordered_map<std::string, std::list<Bucket>::iterator> x_by_principal;
};

}  // namespace cartella::api
