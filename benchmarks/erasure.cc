// benchmarks/erasure.cc: how long a person is still seen, and still on the disk, once two people
// have decided that they go, while others go on writing.
//
//   erasure --dir FOLDER [--events 10000] [--others 50000] [--writers 4]
//
// A person with that many events (notes, each in a stream of its own, and contacts) among others;
// the folder must be empty. At the end every file is searched for bytes of what was erased.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "benchmarks/bench.h"
#include "benchmarks/casework.h"
#include "crypto/secret.h"
#include "ops/erasing.h"

namespace cartella::bench {
namespace {

using Time = std::chrono::steady_clock;
double ms_since(Time::time_point start) {
  return std::chrono::duration<double, std::milli>(Time::now() - start).count();
}

void write_text(Installation& at, const Person& person, std::size_t number) {
  if (number % 2 == 0) {
    const std::string text = "Annotazione " + std::to_string(number) + std::string(200, 'x');
    at.run(cases::RecordNote{person.case_stream, text, false, first_operator(), {}});
    return;
  }
  cases::RecordContact contact;
  contact.person = person.stream;
  contact.phone = std::to_string(700'000'000 + number);
  at.run(contact);
}

void fill(Installation& at, const std::vector<Person>& people, std::size_t events) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i)
    threads.emplace_back([&] {
      for (std::size_t n = next++; n < events; n = next++)
        write_text(at, people[n / 2 % people.size()], n);
    });
  for (std::thread& thread : threads) thread.join();
}

std::vector<std::string> samples_of(Installation& at, const StreamId& stream) {
  std::vector<std::string> samples;
  for (const auto& event : must(at.workspace->store().read_stream(stream, 0, 200)))
    for (const Bytes& segment : event.body.segments)
      if (segment.size() >= 64) samples.emplace_back(segment.end() - 48, segment.end());
  return samples;
}

std::size_t found_in_files(const std::filesystem::path& dir,
                           const std::vector<std::string>& samples) {
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    for (const std::string& sample : samples)
      if (content.find(sample) != std::string::npos) ++found;
  }
  return found;
}

void measure_erasure(Installation& at, const Person& doomed, const std::vector<Person>& others,
                     std::size_t writer_count) {
  const auto samples = samples_of(at, doomed.stream);
  const std::size_t before = found_in_files(at.dir, samples);
  if (before < samples.size()) stop("the search does not find what is there");
  const auto proposed = at.run(cases::ProposeErasure{"person", doomed.stream, "misura", {}, {}});
  std::atomic<bool> ended{false};
  std::atomic<std::uint64_t> written{0};
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < writer_count; ++i)
    writers.emplace_back([&, i] {
      for (std::size_t n = i; !ended.load(); ++n, ++written)
        write_text(at, others[n % others.size()], n);
    });
  const auto start = Time::now();
  at.run(cases::DecideErasure{proposed.receipt.command_id, "erase", "", {}, {}}, second_operator());
  std::printf("  hidden after                      %10.1f ms\n", ms_since(start));
  must(ops::finish_erasures(*at.workspace, [&](const EventId&, keeping::ErasureStep step) {
    std::printf("  %-40s %10.1f ms\n", std::string(keeping::erasure_step_word(step)).c_str(),
                ms_since(start));
    return ok();
  }));
  const double gone_ms = ms_since(start);
  ended = true;
  for (std::thread& writer : writers) writer.join();
  std::printf("  gone from the disk after          %10.1f ms\n", gone_ms);
  std::printf("  commands of others meanwhile      %10.0f /s\n",
              static_cast<double>(written.load()) * 1000 / gone_ms);
  std::printf("  samples found before, after       %zu, %zu\n", before,
              found_in_files(at.dir, samples));
}

}  // namespace
}  // namespace cartella::bench

int main(int argc, char** argv) {
  namespace bench = cartella::bench;
  cartella::crypto::start();
  const std::string dir = bench::argument(argc, argv, "--dir", "");
  if (dir.empty()) bench::stop("--dir FOLDER is needed: empty, on the disk to measure");
  const auto events = std::stoul(bench::argument(argc, argv, "--events", "10000"));
  const auto others_events = std::stoul(bench::argument(argc, argv, "--others", "50000"));
  const auto writers = std::stoul(bench::argument(argc, argv, "--writers", "4"));
  auto at = bench::make_installation(dir);
  const bench::Person doomed = bench::add_person(at, "misurata");
  std::vector<bench::Person> others;
  for (int i = 0; i < 500; ++i)
    others.push_back(bench::add_person(at, "altra " + std::to_string(i)));
  bench::fill(at, others, others_events);
  bench::fill(at, {doomed}, events);
  bench::must(at.workspace->engine().catch_up());
  at.workspace->engine().start();
  std::printf("log of %llu events, of which the person's %lu\n",
              static_cast<unsigned long long>(at.workspace->store().size()), events);
  bench::measure_erasure(at, doomed, others, writers);
  return 0;
}
