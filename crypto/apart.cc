#include "crypto/apart.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "base/check.h"
#include "crypto/secret.h"

namespace cartella::crypto {
namespace {

using std::chrono::steady_clock;

constexpr auto kAnswerWithin = std::chrono::seconds(10);
constexpr std::size_t kAnswerBytesMax = 4'096;
constexpr std::uint8_t kDone = 0xFF;  // else the number of an error
constexpr unsigned kFirstFile = STDERR_FILENO + 1;

Error died() { return fail(Errc::io, "a library that works apart broke its process"); }

// One byte that says which, then the bytes or the error's text.
Bytes encode(const Result<Bytes>& answer) {
  Bytes bytes{kDone};
  if (answer) {
    bytes.insert(bytes.end(), answer.value().begin(), answer.value().end());
    return bytes;
  }
  bytes.front() = static_cast<std::uint8_t>(answer.error().code);
  const ByteView detail = as_bytes(answer.error().detail);
  bytes.insert(bytes.end(), detail.begin(), detail.end());
  return bytes;
}

Result<Bytes> decode(ByteView said) {
  if (said.empty()) return died();
  const ByteView rest = said.subspan(1);
  if (said.front() == kDone) return Bytes(rest.begin(), rest.end());
  return fail(static_cast<Errc>(said.front()), std::string(as_text(rest)));
}

[[noreturn]] void work_and_end(int to, pid_t parent, const std::function<Result<Bytes>()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const unsigned own = static_cast<unsigned>(to);
  if (own > kFirstFile) ::close_range(kFirstFile, own - 1, 0);
  ::close_range(own + 1, ~0u, 0);
  try {
    Bytes bytes = encode(work());
    const bool is_whole = bytes.size() <= kAnswerBytesMax &&
                          ::write(to, bytes.data(), bytes.size()) == std::ssize(bytes);
    wipe(bytes.data(), bytes.size());
    ::_exit(is_whole ? 0 : 1);
  } catch (...) {
    ::_exit(1);
  }
}

// Up to the end of the file. False: not in time.
bool read_all(int from, Bytes& said) {
  const auto end = steady_clock::now() + kAnswerWithin;
  std::array<std::uint8_t, kAnswerBytesMax> part{};
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now()).count();
    pollfd waiting{from, POLLIN, 0};
    const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
    if (ready == 0) return false;
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t count = ::read(from, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || said.size() > kAnswerBytesMax) break;
    said.insert(said.end(), part.begin(), part.begin() + count);
  }
  wipe(part.data(), part.size());
  return true;
}

}  // namespace

Result<Bytes> ask_apart(const std::function<Result<Bytes>()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(Errc::unavailable, "no pipe to a process of its own can be made");
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) work_and_end(ends[1], parent, work);
  ::close(ends[1]);
  Bytes said;
  said.reserve(2 * kAnswerBytesMax);  // never moved, so that no copy of a secret stays behind
  const bool in_time = child < 0 || read_all(ends[0], said);
  ::close(ends[0]);
  if (child < 0) return fail(Errc::unavailable, "no process can be made");
  ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) CHECK(errno == EINTR);
  auto answer = in_time ? decode(said)
                        : Result<Bytes>(fail(Errc::unavailable, "no answer within ten seconds"));
  wipe(said.data(), said.size());
  return answer;
}

}  // namespace cartella::crypto
