// ops/main.cc: the composition root: reads the command line, runs one verb, answers an exit code.

#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include "base/local_time.h"
#include "crypto/secret.h"
#include "ops/exit_code.h"
#include "ops/options.h"
#include "ops/run.h"

namespace {

// The sentence a user reads before the detail; the code stands behind it for the manual.
std::string_view italian(cartella::Errc code) {
  using cartella::Errc;
  switch (code) {
    case Errc::in_use: return "un altro processo sta usando questa cartella dei dati";
    case Errc::wrong_passphrase: return "la frase di accesso non apre questo archivio";
    case Errc::not_found: return "non trovato";
    case Errc::corrupt: return "dati danneggiati";
    case Errc::rollback: return "l'archivio è più vecchio di quanto si sa per certo";
    case Errc::io: return "errore del disco o del sistema";
    case Errc::out_of_space: return "spazio su disco insufficiente";
    case Errc::clock_suspect: return "l'orologio della macchina è sospetto: usare --confirm-clock";
    case Errc::invalid_argument:
    case Errc::invalid_input: return "richiesta non valida";
    case Errc::unavailable: return "servizio momentaneamente non disponibile";
    default: return "rifiutato";
  }
}

int run_process(int argc, char** argv) {
  cartella::crypto::start();
  int exit_code = 0;
  const auto options = cartella::ops::parse_options(argc, argv, exit_code);
  if (!options) return exit_code;
  const auto time_zone = cartella::check_local_time();
  const auto outcome =
      time_zone ? cartella::ops::run(*options) : cartella::Result<int>(time_zone.error());
  if (outcome) return outcome.value();
  const cartella::Error& error = outcome.error();
  std::cerr << "cartella: " << italian(error.code) << " (" << cartella::errc_name(error.code)
            << "): " << error.detail << "\n";
  return cartella::ops::exit_code_of(error.code);
}

// The library's own handler prints what the exception says, and that may hold data.
[[noreturn]] void end_of_thread() {
  std::_Exit(cartella::ops::exit_code_of_exception(std::current_exception(), std::cerr));
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
