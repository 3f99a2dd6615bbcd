// tests/unit/crypto/vault_child.h: small vaults, and processes that die at a step of theirs.
//
// Threads: tests only.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "crypto/vault.h"

namespace cartella::crypto::testing {

inline constexpr int kDied = 42;  // the exit code of a child that came to its step

inline VaultOptions small_options() {
  VaultOptions options;
  options.fast_passphrase = true;
  options.pool_target = 8;
  options.cache_keys_max = 512;
  return options;
}

// Runs the disabled test of that suite, which acts by these variables, in a process of its own.
// Whether that died, without any destructor, where it was told to.
inline bool dies_as_child(const std::string& suite,
                          const std::vector<std::pair<const char*, std::string>>& variables) {
  const pid_t child = fork();
  if (child == 0) {
    for (const auto& [name, value] : variables) setenv(name, value.c_str(), 1);
    execl("/proc/self/exe", "unit_crypto", "--gtest_also_run_disabled_tests",
          ("--gtest_filter=" + suite + ".*").c_str(), nullptr);
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == kDied;
}

}  // namespace cartella::crypto::testing
