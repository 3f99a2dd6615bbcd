// ops/main.cc: the composition root: reads the command line, runs one verb, answers an exit code.

#include <sys/prctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "base/local_time.h"
#include "base/log.h"
#include "crypto/secret.h"
#include "ops/exit_code.h"
#include "ops/options.h"
#include "ops/remote.h"
#include "ops/run.h"

namespace {

int run_process(int argc, char** argv) {
  cartella::crypto::start();
  cartella::ops::Console console = cartella::ops::process_console();
  int exit_code = 0;
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto options = cartella::ops::parse_options(words, console, exit_code);
  if (!options) return exit_code;
  const auto time_zone = cartella::check_local_time();
  if (!time_zone) return cartella::ops::print_error(time_zone.error(), console);
  const auto answered = cartella::ops::run_at_server(*options, words, console);
  if (!answered) return cartella::ops::print_error(answered.error(), console);
  if (answered.value()) return *answered.value();
  return cartella::ops::run_to_exit(*options, console);
}

// The library's own handler prints what the exception says, and that may hold data.
[[noreturn]] void end_of_thread() {
  const int exit_code = cartella::ops::exit_code_of_exception(std::current_exception(), std::cerr);
  cartella::await_log_lines();
  std::_Exit(exit_code);
}

}  // namespace

int main(int argc, char** argv) {
  // Keys live in this process: no core dump, no debugger of another process.
  prctl(PR_SET_DUMPABLE, 0);
  // Whatever a library creates is this account's alone, even where a directory is left open.
  umask(S_IRWXG | S_IRWXO);
  std::set_terminate(end_of_thread);
  try {
    return run_process(argc, argv);
  } catch (...) {
    return cartella::ops::exit_code_of_exception(std::current_exception(), std::cerr);
  }
}
