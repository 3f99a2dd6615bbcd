// benchmarks/ledger_reads.cc: what it costs to fill, reopen, verify and replay a log of a given
// size.
//
//   ledger_reads --dir FOLDER [--events 200000] [--bytes 1024] [--segments 2]
//
// An event of two segments is a header and a body, as the product writes them; with one it is the
// header alone, with the text in it, which tells what an event costs beyond its text.
// The log is filled by a child that is then killed, so that the reopening is a recovery; a log that
// is there already is measured as it lies. Rates of verification and replay are of one core where
// it says so. The peak of memory is that of each step. What was written is of the whole device, as
// /proc/diskstats counts it: nothing else may write there.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <future>
#include <random>
#include <sstream>
#include <thread>

#include "benchmarks/disk_use.h"
#include "benchmarks/ledger.h"
#include "crypto/secret.h"
#include "store/verify.h"

namespace cartella::bench {
namespace {

using Time = std::chrono::steady_clock;
double since(Time::time_point start) {
  return std::chrono::duration<double>(Time::now() - start).count();
}

std::uint64_t bytes_below(const std::filesystem::path& dir) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

// Since the last call.
double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  double mib = 0;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) mib = std::stod(line.substr(6)) / 1024;
  std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): the peak starts anew
  return mib;
}

void report(const char* what, double value, const char* unit) {
  std::printf("  %-44s %12.1f %s\n", what, value, unit);
  std::fflush(stdout);
}

constexpr std::size_t kStreams = 1000;
constexpr std::size_t kParts = 10;  // of the filling, each with a rate of its own

// Bytes written since the machine started, by everybody, to the device on which `dir` lies; 0 where
// diskstats does not know it. What waits in memory is written first.
double device_bytes(const std::filesystem::path& dir) {
  const int folder = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY);
  struct stat of {};
  if (folder < 0 || ::syncfs(folder) != 0 || ::fstat(folder, &of) != 0) stop("cannot sync");
  ::close(folder);
  std::ifstream table("/proc/diskstats");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    unsigned major_number = 0, minor_number = 0;
    std::string name;
    std::uint64_t reads = 0, merged = 0, sectors = 0, ms = 0, writes = 0, merged_writes = 0;
    std::uint64_t written = 0;  // in sectors of 512 bytes, whatever the device has
    fields >> major_number >> minor_number >> name >> reads >> merged >> sectors >> ms >> writes >>
        merged_writes >> written;
    if (fields && major_number == major(of.st_dev) && minor_number == minor(of.st_dev))
      return static_cast<double>(written) * 512;
  }
  return 0;
}

// What one part of the filling cost, to see whether appends get dearer as the log grows.
class Parts {
 public:
  explicit Parts(std::size_t events) : x_each(std::max<std::size_t>(1, events / kParts)) {}
  void count(std::size_t events) {
    if (events % x_each != 0) return;
    const double each = static_cast<double>(x_each);
    std::printf("    up to %9zu: %8.0f events/s, CPU %5.1f us\n", events, each / since(x_start),
                (own_cpu_seconds() - x_cpu) / each * 1e6);
    std::fflush(stdout);
    x_start = Time::now();
    x_cpu = own_cpu_seconds();
  }

 private:
  std::size_t x_each;
  Time::time_point x_start = Time::now();
  double x_cpu = own_cpu_seconds();
};

// Fills the log with server-signed events and dies without closing anything.
[[noreturn]] void fill_and_die(const std::filesystem::path& dir, std::size_t events,
                               std::size_t bytes, bool has_body) {
  auto ledger = Ledger::create(dir);
  const auto maker = ledger->maker(Signing::server, bytes);
  if (!has_body) maker->leave_body_out();
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < kStreams; ++i) slots.push_back(ledger->new_slot(i));
  must(ledger->vault().remember());
  const auto start = Time::now();
  Parts parts(events);
  std::vector<std::future<Result<store::Receipt>>> window(512);
  for (std::size_t i = 0; i < events; ++i) {
    auto& place = window[i % window.size()];
    if (place.valid()) must(place.get());
    store::Call call;
    call.events.push_back(maker->make(slots[i % kStreams]));
    place = ledger->store().append_async(std::move(call));
    parts.count(i + 1);
  }
  for (auto& place : window)
    if (place.valid()) must(place.get());
  report("fill, one client thread, server-signed", static_cast<double>(events) / since(start),
         "events/s");
  report("peak memory while filling", peak_memory_mib(), "MiB");
  kill(getpid(), SIGKILL);
  std::_Exit(1);
}

void fill(const std::filesystem::path& dir, std::size_t events, std::size_t bytes, bool has_body) {
  std::fflush(stdout);  // or the child would print it again
  const pid_t child = fork();
  if (child < 0) stop("cannot fork");
  if (child == 0) {
    crypto::start();
    fill_and_die(dir, events, bytes, has_body);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) stop("the child that fills the log failed");
}

// The product's own verification, over a closed store.
double verify_rate(const std::filesystem::path& dir, const store::VerifyOptions& options,
                   const char* what) {
  const double cpu = own_cpu_seconds();
  const auto start = Time::now();
  const auto found = must(store::verify_log(dir, options));
  if (!found.is_sound()) stop(found.findings.front().detail);
  const double count = static_cast<double>(found.size);
  const double rate = count / since(start);
  report(what, rate, "events/s");
  report("  CPU", (own_cpu_seconds() - cpu) / count * 1e6, "us/event");
  report("  peak memory", peak_memory_mib(), "MiB");
  return rate;
}

// What libsodium alone does on all cores, to compare with.
double raw_signature_rate() {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const crypto::Signer signer{crypto::Secret32()};
  const auto message = crypto::signed_message({}, {});
  const auto signature = signer.sign(message);
  constexpr int kEach = 20'000;
  const auto start = Time::now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < cores; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < kEach; ++n)
          if (!crypto::verify(signer.public_key(), message, signature)) stop("a signature is bad");
      });
  }
  return static_cast<double>(kEach) * static_cast<double>(cores) / since(start);
}

void replay(store::Store& store, crypto::Vault& vault) {
  std::uint64_t bytes = 0;
  const double cpu = own_cpu_seconds();
  const auto start = Time::now();
  must(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    CARTELLA_TRY(auto opened, crypto::open_event(store.eras(), vault, event));
    for (const auto& segment : opened.segments) {
      if (!segment.available) return fail(Errc::erased, "a segment has no key");
      bytes += segment.plaintext.message.size();
    }
    return ok();
  }));
  const double count = static_cast<double>(store.size());
  report("replay with decryption, one thread", count / since(start), "events/s");
  report("  CPU", (own_cpu_seconds() - cpu) / count * 1e6, "us/event");
  report("  peak memory", peak_memory_mib(), "MiB");
}

// Of random events, against the head.
void prove(const store::Store& store) {
  constexpr std::size_t kProofs = 10'000;
  std::mt19937_64 random(1);
  std::vector<double> us;
  for (std::size_t i = 0; i < kProofs; ++i) {
    const auto start = Time::now();
    must(store.prove(random() % store.size()));
    us.push_back(since(start) * 1e6);
  }
  std::sort(us.begin(), us.end());
  report("proof of a random event, median", us[kProofs / 2], "us");
  report("  99 of 100 within", us[kProofs / 100 * 99], "us");
  report("  the slowest", us.back(), "us");
}

// Of a closed log.
void report_disk(const std::filesystem::path& dir, double count) {
  for (const auto& [family, bytes] : bytes_by_family(dir / "log"))
    report(("  of it " + family).c_str(), static_cast<double>(bytes) / count, "bytes/event");
}

void run(const std::filesystem::path& dir, std::size_t events, std::size_t bytes, bool has_body) {
  std::printf("%zu events of %zu bytes in %zu streams\n", events, bytes, kStreams);
  const double before = device_bytes(dir);
  const bool is_new = !std::filesystem::exists(dir / "log");
  if (is_new) fill(dir, events, bytes, has_body);
  double seconds = 0;
  auto ledger = Ledger::open(dir, seconds);
  report("start, after a kill if it was just filled", seconds, "s");
  report("  peak memory", peak_memory_mib(), "MiB");
  if (ledger->store().size() < events) stop("acknowledged events are missing");
  must(ledger->store().flush());
  const double count = static_cast<double>(events);
  const double log_bytes = static_cast<double>(bytes_below(dir / "log"));
  report("disk: log", log_bytes / count, "bytes/event");
  if (const double written = device_bytes(dir) - before; is_new && before > 0) {
    report("written to the device while filling", written / count, "bytes/event");
    report("  beside the log", written / log_bytes, "times");
  }
  report("disk: journal, recycled", static_cast<double>(bytes_below(dir / "journal")) / 1048576,
         "MiB");
  prove(ledger->store());
  replay(ledger->store(), ledger->vault());
  ledger.reset();
  report_disk(dir, count);
  store::VerifyOptions one_thread;
  one_thread.threads = 1;
  one_thread.tree_only = true;
  verify_rate(dir, one_thread, "verify, tree only, one thread");
  const double rate = verify_rate(dir, {}, "verify, everything, all cores");
  report("  of libsodium's raw signature rate", 100 * rate / raw_signature_rate(), "%");
}

}  // namespace
}  // namespace cartella::bench

int main(int argc, char** argv) {
  namespace bench = cartella::bench;
  const std::string dir = bench::argument(argc, argv, "--dir", "");
  if (dir.empty()) bench::stop("--dir FOLDER is needed; it should be on the disk to measure");
  const auto events = std::stoul(bench::argument(argc, argv, "--events", "200000"));
  const auto bytes = std::stoul(bench::argument(argc, argv, "--bytes", "1024"));
  cartella::crypto::start();
  std::filesystem::create_directories(dir);
  bench::run(dir, events, bytes, bench::argument(argc, argv, "--segments", "2") != "1");
  return 0;
}
