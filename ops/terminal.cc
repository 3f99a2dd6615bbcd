#include "ops/terminal.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <istream>

namespace cartella::ops {
namespace {

constexpr std::size_t kLineBytesMax = 4096;
constexpr const char* kTooLong = "il segreto supera 4096 byte";
constexpr const char* kEmpty = "il segreto è vuoto";
constexpr char kInterrupt = 3;
constexpr char kEnd = 4;
constexpr char kBackspace = 8;
constexpr char kEraseLine = 21;
constexpr char kDelete = 127;

// Without echo, byte by byte, and with Ctrl-C as a byte, so that no signal leaves the terminal so.
class SilentTerminal {
 public:
  SilentTerminal() : x_fd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (x_fd < 0 || ::tcgetattr(x_fd, &x_before) != 0) return;
    termios silent = x_before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    x_changed = ::tcsetattr(x_fd, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (x_changed) ::tcsetattr(x_fd, TCSAFLUSH, &x_before);
    if (x_fd >= 0) ::close(x_fd);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool is_ready() const { return x_changed; }
  void print(const std::string& text) const {
    static_cast<void>(::write(x_fd, text.data(), text.size()) == 0);
  }
  // False at the end of the input.
  bool read(char& c) const {
    ssize_t n = 0;
    do {
      n = ::read(x_fd, &c, 1);
    } while (n < 0 && errno == EINTR);
    return n == 1;
  }

 private:
  int x_fd;
  bool x_changed = false;
  termios x_before{};
};

// One character of UTF-8.
void remove_last(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U)
    text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

Result<crypto::Passphrase> read_from_terminal(const std::string& question) {
  const SilentTerminal terminal;
  if (!terminal.is_ready())
    return fail(Errc::unavailable, "serve un terminale per chiedere un segreto");
  terminal.print(question + ": ");
  crypto::Passphrase typed;
  typed.text.reserve(kLineBytesMax);  // so that no copy is left behind when it grows
  char c = 0;
  while (terminal.read(c) && c != '\n' && c != '\r') {
    if (c == kInterrupt || c == kEnd) {
      terminal.print("\n");
      return fail(Errc::invalid_input, "nessun segreto: interrotto");
    }
    if (c == kBackspace || c == kDelete) {
      remove_last(typed.text);
    } else if (c == kEraseLine) {
      typed.text.clear();
    } else if (typed.text.size() < kLineBytesMax) {
      typed.text.push_back(c);
    } else {
      return fail(Errc::invalid_input, kTooLong);
    }
  }
  terminal.print("\n");
  if (typed.text.empty()) return fail(Errc::invalid_input, kEmpty);
  return typed;
}

Result<crypto::Passphrase> read_sent_secret(std::istream& in) {
  crypto::Passphrase line;
  line.text.reserve(kLineBytesMax);  // so that no copy is left behind when it grows
  for (char c = 0; in.get(c) && c != '\n';) {
    if (line.text.size() == kLineBytesMax) return fail(Errc::invalid_input, kTooLong);
    line.text.push_back(c);
  }
  if (line.text.empty()) return fail(Errc::invalid_input, kEmpty);
  return line;
}

}  // namespace cartella::ops
