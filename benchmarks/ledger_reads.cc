// benchmarks/ledger_reads.cc: what it costs to fill, reopen, verify and replay a log of a given
// size.
//
//   ledger_reads --dir FOLDER [--events 200000] [--bytes 1024]
//
// The log is filled by a child that is then killed, so that the reopening is a recovery. Rates of
// verification and replay are of one core where it says so.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <future>
#include <thread>
#include <unordered_map>

#include "benchmarks/ledger.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"

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

double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

void report(const char* what, double value, const char* unit) {
  std::printf("  %-44s %12.1f %s\n", what, value, unit);
  std::fflush(stdout);
}

constexpr std::size_t kStreams = 1000;

// Fills the log with server-signed events and dies without closing anything.
[[noreturn]] void fill_and_die(const std::filesystem::path& dir, std::size_t events,
                               std::size_t bytes) {
  auto ledger = Ledger::create(dir);
  EventMaker maker(ledger->store().log_id(), ledger->vault(), Signing::server, bytes);
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < kStreams; ++i) slots.push_back(ledger->new_slot(i));
  must(ledger->vault().remember());
  const auto start = Time::now();
  std::vector<std::future<Result<store::Receipt>>> window(512);
  for (std::size_t i = 0; i < events; ++i) {
    auto& place = window[i % window.size()];
    if (place.valid()) must(place.get());
    store::Call call;
    call.events.push_back(maker.make(slots[i % kStreams]));
    place = ledger->store().append_async(std::move(call));
  }
  for (auto& place : window)
    if (place.valid()) must(place.get());
  report("fill, one client thread, server-signed", static_cast<double>(events) / since(start),
         "events/s");
  report("peak memory while filling", peak_memory_mib(), "MiB");
  kill(getpid(), SIGKILL);
  std::_Exit(1);
}

void fill(const std::filesystem::path& dir, std::size_t events, std::size_t bytes) {
  const pid_t child = fork();
  if (child < 0) stop("cannot fork");
  if (child == 0) {
    crypto::start();
    fill_and_die(dir, events, bytes);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) stop("the child that fills the log failed");
}

// Tree, stored hashes and per-stream chains, without keys and signatures.
void verify_tree(store::Store& store) {
  crypto::Frontier tree;
  std::unordered_map<StreamId, std::pair<std::uint64_t, Hash32>> chains;
  const double cpu = own_cpu_seconds();
  const auto start = Time::now();
  must(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    CARTELLA_TRY(crypto::check_body(event));
    const Hash32 hash = crypto::leaf_hash(crypto::encode_leaf(event.leaf));
    tree.append(hash);
    auto& [count, last] = chains[event.leaf.stream_id];
    if (count != event.leaf.revision || last != event.leaf.previous_leaf_hash)
      return fail(Errc::corrupt, "a stream does not chain");
    ++count;
    last = hash;
    return ok();
  }));
  if (tree.root() != must(store.checkpoint()).root) stop("the tree does not give the root");
  const double count = static_cast<double>(store.size());
  report("tree-only verify, one thread", count / since(start), "events/s");
  report("  CPU", (own_cpu_seconds() - cpu) / count * 1e6, "us/event");
}

// Every server signature, over all cores; the raw rate of the library beside it.
void verify_signatures(store::Store& store, const crypto::PublicKey& key) {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::uint64_t size = store.size();
  const auto start = Time::now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < cores; ++i)
      threads.emplace_back([&, i] {
        must(store.scan(size * i / cores, size * (i + 1) / cores,
                        [&](const crypto::StoredEvent& event) -> Status {
                          CARTELLA_TRY(crypto::check_body(event));
                          (void)crypto::leaf_hash(crypto::encode_leaf(event.leaf));
                          const auto message = crypto::signed_message(store.log_id(), event.leaf);
                          if (!crypto::verify(key, message, event.leaf.signature))
                            return fail(Errc::bad_signature, "a signature does not verify");
                          return ok();
                        }));
      });
  }
  const double rate = static_cast<double>(size) / since(start);

  const auto event = must(store.read(0));
  const auto message = crypto::signed_message(store.log_id(), event.leaf);
  constexpr int kRaw = 20'000;
  const auto raw_start = Time::now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < cores; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < kRaw; ++n)
          if (!crypto::verify(key, message, event.leaf.signature)) stop("a signature is bad");
      });
  }
  const double raw = static_cast<double>(kRaw) * static_cast<double>(cores) / since(raw_start);
  report("verify of every signature, all cores", rate, "events/s");
  report("  of libsodium's raw rate on all cores", 100 * rate / raw, "%");
}

void replay(store::Store& store, crypto::Vault& vault) {
  std::uint64_t bytes = 0;
  const double cpu = own_cpu_seconds();
  const auto start = Time::now();
  must(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    CARTELLA_TRY(auto opened, crypto::open_event(store.log_id(), vault, event));
    for (const auto& segment : opened.segments) {
      if (!segment.available) return fail(Errc::erased, "a segment has no key");
      bytes += segment.plaintext.message.size();
    }
    return ok();
  }));
  const double count = static_cast<double>(store.size());
  report("replay with decryption, one thread", count / since(start), "events/s");
  report("  CPU", (own_cpu_seconds() - cpu) / count * 1e6, "us/event");
}

void run(const std::filesystem::path& dir, std::size_t events, std::size_t bytes) {
  std::printf("%zu events of %zu bytes in %zu streams\n", events, bytes, kStreams);
  fill(dir, events, bytes);
  double seconds = 0;
  auto ledger = Ledger::open(dir, seconds);
  report("start after a kill", seconds, "s");
  if (ledger->store().size() != events) stop("acknowledged events are missing");
  must(ledger->store().flush());
  const double count = static_cast<double>(events);
  report("disk: log", static_cast<double>(bytes_below(dir / "log")) / count, "bytes/event");
  report("disk: journal, recycled", static_cast<double>(bytes_below(dir / "journal")) / 1048576,
         "MiB");
  verify_tree(ledger->store());
  verify_signatures(ledger->store(), EventMaker::server_key());
  replay(ledger->store(), ledger->vault());
  report("peak memory", peak_memory_mib(), "MiB");
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
  bench::run(dir, events, bytes);
  return 0;
}
