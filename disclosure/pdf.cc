#include "disclosure/pdf.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace cartella::disclosure {

namespace {

using Steady = std::chrono::steady_clock;

// Python tries its temporary folder with a file of four bytes; nothing longer may be written.
constexpr rlim_t kFileBytesMax = 4;

// A descriptor that is closed when it goes out of scope.
class Handle {
 public:
  Handle() = default;
  explicit Handle(int fd) : x_fd(fd) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&& other) noexcept : x_fd(std::exchange(other.x_fd, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(x_fd, other.x_fd);
    return *this;
  }
  ~Handle() { reset(); }
  int fd() const { return x_fd; }
  bool is_open() const { return x_fd >= 0; }
  void reset() {
    if (x_fd >= 0) (void)::close(std::exchange(x_fd, -1));
  }

 private:
  int x_fd = -1;
};

// Everything that the child needs is made before the fork: after it, only system calls.
struct ChildPlan {
  const char* program = nullptr;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int in = -1;
  int out = -1;
  int nowhere = -1;
  rlim_t memory_bytes = 0;
  rlim_t cpu_seconds = 0;
};

void limit(int what, rlim_t value) {
  const rlimit both{value, value};
  (void)setrlimit(static_cast<__rlimit_resource_t>(what), &both);
}

[[noreturn]] void become(const ChildPlan& plan) {
  (void)setpgid(0, 0);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A network of its own is empty; where the system forbids it the other walls stand.
  (void)unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(126);
  if (dup2(plan.in, 0) < 0 || dup2(plan.out, 1) < 0 || dup2(plan.nowhere, 2) < 0) _exit(126);
  if (close_range(3, ~0u, 0) != 0) _exit(126);
  sigset_t none;
  (void)sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, kFileBytesMax);
  limit(RLIMIT_NOFILE, 64);
  limit(RLIMIT_CPU, plan.cpu_seconds);
  limit(RLIMIT_AS, plan.memory_bytes);
  if (chdir("/") != 0) _exit(126);
  (void)execve(plan.program, plan.arguments.data(), plan.environment.data());
  _exit(127);
}

// Kills what is still there and takes its end away; answers whether it ended well by itself.
bool reap(pid_t child, bool kill_it) {
  if (kill_it) {
    (void)kill(-child, SIGKILL);  // the group that it leads, with what it started
    (void)kill(child, SIGKILL);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return false;
  return !kill_it && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct Talk {
  std::string_view to_send;
  Bytes received;
  bool too_much = false;
  bool ended = false;
};

Status send_some(Handle& to, Talk& talk) {
  const ssize_t sent =
      send(to.fd(), talk.to_send.data(), talk.to_send.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0)
    talk.to_send.remove_prefix(static_cast<std::size_t>(sent));
  else if (errno != EAGAIN && errno != EINTR)
    talk.to_send = {};  // it does not listen any more; its answer tells why
  if (talk.to_send.empty()) to.reset();
  return ok();
}

void receive_some(const Handle& from, Talk& talk, std::size_t bytes_max) {
  std::array<std::uint8_t, 64 * 1024> piece;
  const ssize_t got = recv(from.fd(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (got == 0) talk.ended = true;
  if (got < 0 && errno != EAGAIN && errno != EINTR) talk.ended = true;
  if (got <= 0) return;
  const auto size = static_cast<std::size_t>(got);
  if (talk.received.size() + size > bytes_max)
    talk.too_much = talk.ended = true;
  else
    talk.received.insert(talk.received.end(), piece.begin(), piece.begin() + got);
}

// Until the child closes its output. False: the deadline passed.
Result<bool> converse(Handle to, const Handle& from, Talk& talk, const PdfOptions& options) {
  const auto deadline = Steady::now() + options.timeout;
  while (!talk.ended) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> wanted = {pollfd{from.fd(), POLLIN, 0}, pollfd{to.fd(), POLLOUT, 0}};
    const int ready = poll(wanted.data(), to.is_open() ? 2 : 1,
                           static_cast<int>(std::min<long long>(left, 1000)));
    if (ready < 0 && errno != EINTR) return fail(Errc::io, "l'attesa della stampa è fallita");
    if (ready <= 0) continue;
    if (wanted[0].revents != 0) receive_some(from, talk, options.pdf_bytes_max);
    if (to.is_open() && wanted[1].revents != 0) {
      CARTELLA_TRY(send_some(to, talk));
    }
  }
  return true;
}

}  // namespace

Result<Bytes> make_pdf(std::string_view html, const PdfOptions& options) {
  if (access(options.program.c_str(), X_OK) != 0)
    return fail(Errc::unavailable, "manca il programma che fa i PDF: installare weasyprint");
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) != 0)
    return fail(Errc::io, "non si apre un canale verso la stampa");
  Handle our_in(in[0]);
  Handle their_in(in[1]);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out.data()) != 0)
    return fail(Errc::io, "non si apre un canale verso la stampa");
  Handle our_out(out[0]);
  Handle their_out(out[1]);
  Handle nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!nowhere.is_open()) return fail(Errc::io, "/dev/null non si apre");

  std::vector<std::string> words = {options.program.string()};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8",
                                          "HOME=/nonexistent",  "XDG_CACHE_HOME=/nonexistent",
                                          "TMPDIR=/tmp",        "PYTHONDONTWRITEBYTECODE=1",
                                          "PYTHONNOUSERSITE=1", "SOURCE_DATE_EPOCH=0"};
  ChildPlan plan;
  plan.program = options.program.c_str();
  for (std::string& word : words) plan.arguments.push_back(word.data());
  plan.arguments.push_back(nullptr);
  for (std::string& word : environment) plan.environment.push_back(word.data());
  plan.environment.push_back(nullptr);
  plan.in = their_in.fd();
  plan.out = their_out.fd();
  plan.nowhere = nowhere.fd();
  plan.memory_bytes = options.memory_bytes_max;
  plan.cpu_seconds = options.cpu_seconds_max;

  const pid_t child = fork();
  if (child < 0) return fail(Errc::io, "non parte un processo per la stampa");
  if (child == 0) become(plan);
  their_in.reset();
  their_out.reset();
  Talk talk;
  talk.to_send = html;
  const auto in_time = converse(std::move(our_in), our_out, talk, options);
  const bool kill_it = !in_time || !in_time.value() || talk.too_much;
  const bool ended_well = reap(child, kill_it);
  if (!in_time) return in_time.error();
  if (!in_time.value()) return fail(Errc::unavailable, "la stampa in PDF ha superato il tempo");
  if (talk.too_much) return fail(Errc::unavailable, "il PDF supera la dimensione permessa");
  if (!ended_well || as_text(talk.received).substr(0, 5) != "%PDF-")
    return fail(Errc::unavailable, "la stampa in PDF è fallita");
  return std::move(talk.received);
}

}  // namespace cartella::disclosure
