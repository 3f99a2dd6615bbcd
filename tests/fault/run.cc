#include "tests/fault/run.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <sstream>

#include "base/check.h"
#include "tests/fault/damage.h"
#include "tests/fault/death.h"
#include "tests/fault/memory.h"

namespace cartella::fault {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kHungSeconds = 60;
constexpr std::uint64_t kWays = 4;  // in which a sweep makes an operation fail

template <class F>
F* injector(const char* name) {
  void* function = ::dlsym(RTLD_DEFAULT, name);
  CHECK(function != nullptr);
  return reinterpret_cast<F*>(function);
}

void copy_tree(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

template <class T>
T* shared_with_children() {
  void* const memory =
      ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  return static_cast<T*>(memory);  // all zero, as it must start
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Of this process and of all its children that have ended.
double cpu_seconds() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    CHECK(::getrusage(who, &used) == 0);
    sum += seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  return sum;
}

int guarded(const std::function<int()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    ::_exit(10);
  }
}

}  // namespace

std::string text_in(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

bool is_mount_point(const fs::path& dir) {
  struct stat own {};
  struct stat above {};
  return ::stat(dir.c_str(), &own) == 0 && ::stat(dir.parent_path().c_str(), &above) == 0 &&
         own.st_dev != above.st_dev;
}

Runs::Runs(Options& options) : x_options(options) {
  x_shared = shared_with_children<Shared>();
  x_measured = shared_with_children<Measured>();
  if (const char* ci = std::getenv("CI"); ci != nullptr && std::string_view(ci) == "true")
    options.skip_code = 1;
}

Runs::~Runs() {
  unmount();
  ::munmap(x_shared, sizeof(Shared));
  ::munmap(x_measured, sizeof(Measured));
}

void Runs::start_job(std::uint64_t job) {
  ::munmap(x_measured, sizeof(Measured));
  x_measured = shared_with_children<Measured>();
  if (!x_options.dir.empty())
    x_options.dir = (fs::path(x_options.dir) / std::to_string(job)).string();
}

int Runs::in_child(const Plan& plan, const Work& work) {
  std::fflush(nullptr);
  fs::remove(x_report);
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    const int said = ::open(x_said.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(said >= 0 && ::dup2(said, STDERR_FILENO) >= 0);
    ::alarm(kHungSeconds);
    crypto::start();
    tell_of_death();
    fail_allocation(plan.act == "memory" ? plan.nth : 0, plan.sticky);
    if (plan.act != "memory" && (plan.nth > 0 || plan.act == "lie" || plan.act == "list")) {
      const std::string text = injector_text(plan, x_store, x_report);
      CHECK(injector<int(const char*)>("cartella_fault_arm")(text.c_str()) == 0);
    }
    const int code = guarded(work);
    x_measured->allocations = allocations();
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  const std::string said = text_in(x_said);
  if (!said.empty()) x_story += "  said: " + said;
  // The library gives up in its own assertions when a file fails under it, and in itself for want
  // of memory: a death like others.
  const Death death = WIFSIGNALED(status) ? death_in(said) : Death{};
  if (!death.function.empty()) x_story += "  died in " + death.function + "\n";
  if (death.in_library) {
    ++x_shared->tally.library_aborts;
    return kKilled;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool Runs::make_template() {
  x_store = x_dir / "template";
  x_notebook = x_dir / "template.notes";
  fs::create_directories(x_store);
  fs::create_directories(x_notebook);
  const int made = in_child({}, [this] {
    JumpingClock clock;
    const Status created = Installation::create(x_store, clock);
    if (created) return 0;
    std::fprintf(stderr, "the template cannot be made: %s\n", created.error().detail.c_str());
    return 1;
  });
  if (made != 0 || judge_code({}, false, true) != 0) return false;
  // The operations of a life that nothing disturbs.
  x_store = x_dir / "measure";
  copy_tree(x_dir / "template", x_store);
  copy_tree(x_notebook, x_dir / "notes");
  x_notebook = x_dir / "notes";
  Plan list;
  list.act = "list";
  Life life = next_life();
  life.clean_end = true;
  const int lived = in_child(list, [&] { return live(life, x_shared->tally); });
  x_calls = read_calls(x_report);
  x_allocations = x_measured->allocations;
  fs::remove_all(x_store);
  return lived == 0 && !x_calls.empty();
}

bool Runs::prepare() {
  const char* const where = std::getenv("TEST_TMPDIR");
  const fs::path base = where != nullptr ? where : "/var/tmp";
  x_dir = x_options.dir.empty() ? base / ("fault-" + std::to_string(::getpid()))
                                : fs::path(x_options.dir);
  fs::create_directories(x_dir);
  x_dir = fs::canonical(x_dir);
  x_report = x_dir / "fired";
  x_said = x_dir / "said";
  if (!make_template()) {
    std::fprintf(stderr, "an undisturbed life does not work\n%s", x_story.c_str());
    x_options.skip_code = 1;
    return false;
  }
  std::printf("operations of an undisturbed life: %llu\n",
              static_cast<unsigned long long>(x_calls.size()));
  if (x_options.mode == Mode::power && !mount_forgetful()) return false;
  if (x_options.mode == Mode::space && !mount_small_disk()) return false;
  x_store = x_mounted.empty() ? x_dir / "store" : fs::path(x_mounted) / "store";
  x_notebook = x_dir / "notes";
  if (x_options.mode == Mode::power) {
    copy_tree(x_dir / "template", x_store);
    tell_disk("user.snapshot", "1");
    if (x_options.lie) tell_disk("user.lie", "1");
  }
  return true;
}

void Runs::tell_disk(const char* name, const std::string& value) {
  if (::setxattr(x_mounted.c_str(), name, value.data(), value.size(), 0) == 0) return;
  std::perror("the forgetful file system does not answer");
  std::abort();
}

bool Runs::mount_forgetful() {
  x_mounted = (x_dir / "disk").string();
  fs::create_directories(x_mounted);
  x_forgetful = ::fork();
  CHECK(x_forgetful >= 0);
  if (x_forgetful == 0) {
    ::unsetenv("LD_PRELOAD");
    ::execl(x_options.forgetful.c_str(), x_options.forgetful.c_str(), x_mounted.c_str(), nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < 200; ++i) {
    if (is_mount_point(x_mounted)) return true;
    int status = 0;
    if (::waitpid(x_forgetful, &status, WNOHANG) == x_forgetful) break;
    ::poll(nullptr, 0, 25);
  }
  std::fprintf(stderr, "SKIPPED: no FUSE file system can be mounted here (/dev/fuse, as root)\n");
  x_mounted.clear();
  return false;
}

bool Runs::mount_small_disk() {
  x_mounted = (x_dir / "disk").string();
  fs::create_directories(x_mounted);
  if (resize_disk(false)) return true;
  std::fprintf(stderr, "SKIPPED: no tmpfs can be mounted here (as root)\n");
  x_mounted.clear();
  return false;
}

void Runs::unmount() {
  if (!x_mounted.empty()) (void)::umount2(x_mounted.c_str(), MNT_DETACH);
  x_mounted.clear();
  if (x_forgetful > 0) (void)::waitpid(x_forgetful, nullptr, 0);
  x_forgetful = 0;
}

void Runs::start_afresh() {
  if (x_options.mode == Mode::space) {
    fs::remove(fs::path(x_mounted) / "ballast");
    fs::remove_all(x_store);
    CHECK(resize_disk(false));
  }
  copy_tree(x_dir / "template.notes", x_notebook);
  x_life = 0;
  x_story.clear();
  if (x_options.mode == Mode::power) {
    tell_disk("user.reset", "1");
  } else {
    copy_tree(x_dir / "template", x_store);
  }
}

Life Runs::next_life() {
  Life life;
  life.dir = x_store;
  life.notebook = x_notebook;
  life.run_seed = x_run_seed;
  life.number = ++x_life;
  life.clean_end = one_in(x_random, 2);
  life.setting.with_views = !one_in(x_random, 3);
  return life;
}

int Runs::life_code(const Plan& plan, const Life& life) {
  const int code = in_child(plan, [&] { return live(life, x_shared->tally); });
  const std::string fired = text_in(x_report);
  x_story += "  life " + std::to_string(life.number) + ": " + text_of(plan) + ", code " +
             std::to_string(code) + ", " + (fired.empty() ? "not reached\n" : fired);
  if (!fired.empty()) ++x_shared->tally.fired;
  if (code == kKilled) ++x_shared->tally.deaths;
  return code;
}

int Runs::judge_code(const Plan& plan, bool may_refuse, bool is_last) {
  Question question;
  question.dir = x_store;
  question.notebook = x_notebook;
  question.run_seed = x_run_seed;
  question.resend = !may_refuse;
  question.rebuild = is_last;
  question.canaries = is_last && x_options.mode != Mode::power;
  question.may_refuse = may_refuse;
  return in_child(plan, [&] { return judge(question, x_shared->tally); });
}

bool Runs::failed(const std::string& what) {
  if (x_options.expect_caught) {
    std::printf("%s\n%s", what.c_str(), x_story.c_str());
    return false;
  }
  std::fprintf(
      stderr,
      "FAILED: run %llu: %s\n%sits files are in %s%s\n"
      "replay: CARTELLA_SEED=%llu %s --mode %s --inject %s%s%s%s%s --only %llu\n",
      static_cast<unsigned long long>(x_number), what.c_str(), x_story.c_str(), x_dir.c_str(),
      x_options.keep_going ? (", later in failed." + std::to_string(x_number)).c_str() : "",
      static_cast<unsigned long long>(x_options.seed), x_options.program.c_str(),
      mode_word(x_options.mode), x_options.inject.c_str(),
      x_options.forgetful.empty() ? "" : " --forgetful ", x_options.forgetful.c_str(),
      x_options.lie ? " --lie" : "", x_options.sweep ? " --sweep" : "",
      static_cast<unsigned long long>(x_number));
  return false;
}

Plan Runs::plan_for(std::uint64_t number) {
  if (!x_options.sweep) return choose_plan(x_options.mode, x_calls, x_random);
  constexpr const char* kActs[kWays] = {"eio", "eio", "enospc", "enospc"};
  Plan plan;
  plan.nth = number / kWays + 1;
  plan.act = x_options.mode == Mode::fail ? kActs[number % kWays] : (number % 2 ? "torn" : "kill");
  plan.sticky = x_options.mode == Mode::fail && number % 2 == 1;
  return plan;
}

bool Runs::run_lives(std::uint64_t number) {
  const std::uint64_t lives = x_options.sweep ? 1 : x_options.lives;
  for (std::uint64_t i = 0; i < lives; ++i) {
    const Plan plan = plan_for(number);
    const int code = life_code(plan, next_life());
    if (code != 0 && code != 10 && code != kKilled)
      return failed("a life ended with code " + std::to_string(code));
    const bool is_last = i + 1 == lives;
    if (x_options.mode == Mode::power) {
      const bool is_whole = one_in(x_random, 3);
      const std::string loss = is_whole ? "all" : "some " + std::to_string(x_random());
      x_story += "  power loss: " + loss + "\n";
      tell_disk("user.power_loss", loss);
    }
    // Half of the time the next life, and its fault, meet the store as the last one left it.
    if (!is_last && one_in(x_random, 2)) continue;
    const int judged = judge_code({}, false, is_last);
    if (judged != 0) return failed("the oracle says no, code " + std::to_string(judged));
  }
  return true;
}

bool Runs::run(std::uint64_t number) {
  x_number = number;
  // A sweep disturbs one script at each of its operations; else every run has a script of its own.
  x_run_seed = mixed(x_options.seed, x_options.sweep ? 0 : number);
  x_random.seed(x_run_seed);
  start_afresh();
  switch (x_options.mode) {
    case Mode::crash:
    case Mode::fail:
    case Mode::power: return run_lives(number);
    case Mode::read: return run_reads(number);
    case Mode::space: return run_space();
    case Mode::time: return run_time();
    case Mode::tamper: return run_tamper();
    case Mode::memory: return run_memory();
    case Mode::restore: return run_restore();
    default: return run_damage(number);
  }
}

std::uint64_t Runs::sweep_runs() const { return kWays * (x_calls.size() + x_calls.size() / 8); }

std::uint64_t Runs::count_run(bool held) {
  if (held) return ++x_shared->tally.runs;
  ++x_shared->tally.failures;
  if (x_options.keep_going) {
    std::error_code ignored;
    const std::string name = "failed." + std::to_string(x_number);
    fs::create_directories(x_dir / name, ignored);
    const auto options = fs::copy_options::recursive;
    fs::copy(x_store, x_dir / name / "store", options, ignored);
    fs::copy(x_notebook, x_dir / name / "notes", options, ignored);
  }
  return ++x_shared->tally.runs;
}

std::string Runs::summary() const {
  const Tally& tally = x_shared->tally;
  std::ostringstream out;
  out << mode_word(x_options.mode) << ": runs " << tally.runs << ", failed " << tally.failures
      << ", lives " << tally.lives << ", faults " << tally.fired << ", deaths " << tally.deaths
      << ", refused starts " << tally.refusals << ", acknowledged " << tally.acknowledged
      << ", unknown " << tally.unknown << ", refused " << tally.refused << ", sent again "
      << tally.resent << ", events judged " << tally.judged_events << ", detected "
      << tally.detected << ", harmless " << tally.harmless << ", out of space "
      << tally.out_of_space << ", clock suspect " << tally.clock_suspect
      << ", deaths in the library " << tally.library_aborts << ", CPU s " << cpu_seconds();
  return out.str();
}

void Runs::finish(bool keep) {
  unmount();
  if (keep && !x_options.expect_caught) return;
  std::error_code ignored;
  fs::remove_all(x_dir, ignored);
}

}  // namespace cartella::fault
