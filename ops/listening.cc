#include "ops/listening.h"

#include "api/tls.h"

namespace cartella::ops {

Result<Listen> parse_listen(const std::string& text) {
  const Error refused = fail(Errc::invalid_argument, "--listen vuole INDIRIZZO:PORTA");
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return refused;
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != std::string::npos || std::stoul(port) > 65535)
    return refused;
  Listen listen{text.substr(0, colon), static_cast<std::uint16_t>(std::stoul(port))};
  if (listen.address.starts_with('[') && listen.address.ends_with(']'))
    listen.address = listen.address.substr(1, listen.address.size() - 2);
  return listen;
}

sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

Result<std::pair<std::string, std::string>> certificate_files(const Options& options,
                                                              const std::filesystem::path& folder) {
  if (options.certificate.empty() != options.certificate_key.empty())
    return fail(Errc::invalid_argument, "--certificate e --key vanno insieme");
  if (!options.certificate.empty())
    return std::pair{options.certificate.string(), options.certificate_key.string()};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Errc::io, "la cartella del certificato non si può creare");
  const std::string certificate = (folder / "cert.pem").string();
  const std::string key = (folder / "key.pem").string();
  CARTELLA_TRY(api::make_self_signed(certificate, key, "localhost"));
  return std::pair{certificate, key};
}

}  // namespace cartella::ops
