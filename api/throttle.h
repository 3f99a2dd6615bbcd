// api/throttle.h: how long to wait after tries that failed, by username and by address.
//
// The same for a username that exists and for one that does not. After a few free tries the wait
// doubles up to its limit; a username with too many failures in a row stays shut until an
// administrator resets its account. A success clears the username, never the address, or somebody
// with one good account could try others from it for ever. Addresses are kept in memory alone.
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "store/accounts.h"

namespace cartella::api {

struct ThrottleLimits {
  std::uint32_t free_tries = 5;           // slips of the finger
  std::uint32_t wait_s_max = 900;         // at most 4 tries an hour: ASVS 2.2.1 allows 100
  std::uint32_t failures_max = 100;       // in a row: NIST SP 800-63B 5.2.2
  std::uint32_t address_free_tries = 30;  // a comune's operators share one address
  std::uint32_t address_doubtful_tries = 10;
  std::uint32_t address_wait_s_max = 60;
  std::uint32_t forget_s = 24 * 3600;  // a username without a failure for so long
  std::uint32_t address_forget_s = 3600;
  // Of each kind; the one that failed longest ago goes first, but no username that is shut while
  // these are at most half: to reopen one takes a million failures.
  std::size_t entries_max = 20'000;
};

class Throttle {
 public:
  // `clock` outlives it. `known` is what was stored by an earlier run.
  Throttle(const Clock& clock, const ThrottleLimits& limits,
           const std::vector<store::FailedTries>& known);
  ~Throttle();

  // Seconds until a try is allowed; 0: now. An empty address has no limit (the Unix socket).
  std::uint32_t wait_s(const store::UsernameHash& username, std::string_view address) const;
  // Whether so many tries from there failed of late that it may be somebody who guesses.
  bool is_doubtful(std::string_view address) const;
  // What a caller stores: the new count, and whom it may forget.
  struct Failure {
    store::FailedTries tries;
    std::vector<store::UsernameHash> forgotten;
    bool shut = false;  // with this failure the username is shut
  };
  Failure failed(const store::UsernameHash& username, std::string_view address);
  // How many tries with it had failed since one succeeded: nothing of them is known any more.
  std::uint32_t succeeded(const store::UsernameHash& username);

  // A try that was refused without being made. How many of them a record should tell: the first,
  // and every hundredth, with the ones since; 0: none now.
  std::uint32_t refused(const store::UsernameHash& username, std::string_view address);
  // Those that no record has told; counted from 0 again.
  std::uint32_t take_untold(const store::UsernameHash& username);

 private:
  struct Tables;
  const Clock& x_clock;
  const ThrottleLimits x_limits;
  std::unique_ptr<Mutex<Tables>> x_tables;
};

}  // namespace cartella::api
