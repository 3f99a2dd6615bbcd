#include "api/quota.h"

#include <algorithm>
#include <cmath>

namespace cartella::api {

namespace {
constexpr std::size_t kBucketsMax = 65536;  // some 10 MiB
}

Quota::Verdict Quota::take(const std::string& principal) {
  const std::int64_t now = x_clock.monotonic_us();
  const std::lock_guard lock(x_mutex);
  auto at = x_by_principal.find(principal);
  if (at == x_by_principal.end()) {
    if (x_buckets.size() >= kBucketsMax) {
      x_by_principal.erase(x_buckets.back().principal);
      x_buckets.pop_back();
    }
    x_buckets.push_front({principal, x_burst, now});
    at = x_by_principal.emplace(principal, x_buckets.begin()).first;
  } else {
    x_buckets.splice(x_buckets.begin(), x_buckets, at->second);
  }
  Bucket& bucket = *at->second;
  const double seconds = static_cast<double>(now - bucket.filled_at_us) / 1e6;
  bucket.tokens = std::min(x_burst, bucket.tokens + seconds * x_per_second);
  bucket.filled_at_us = now;
  Verdict verdict;
  verdict.limit = static_cast<std::uint32_t>(x_burst);
  verdict.is_allowed = bucket.tokens >= 1;
  if (verdict.is_allowed) bucket.tokens -= 1;
  verdict.remaining = static_cast<std::uint32_t>(bucket.tokens);
  const double missing = verdict.is_allowed ? x_burst - bucket.tokens : 1 - bucket.tokens;
  verdict.reset_seconds = static_cast<std::uint32_t>(std::ceil(missing / x_per_second));
  return verdict;
}

}  // namespace cartella::api
