// tests/fuzz/replay.cc: drives one target without libFuzzer: seeds, corpus, then random mutants.
//
//     fuzz_NAME [--mutants N] [--seed S] [--write-seeds DIR] [FILE or FOLDER...]
//
// In ctest this shows that every input that ever mattered still passes, and looks a little further;
// the campaign is tests/fuzz/run. A failure prints the seed and number of the mutant, and leaves
// the input beside. Threads: one.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "crypto/secret.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

namespace fs = std::filesystem;
std::uint64_t g_seed = 0;
std::uint64_t g_mutant = 0;
const std::string* g_input = nullptr;

extern "C" void report(int) {
  std::fprintf(stderr, "failed: --seed %llu, input %llu, written to fuzz-failure\n",
               static_cast<unsigned long long>(g_seed), static_cast<unsigned long long>(g_mutant));
  if (std::FILE* to = std::fopen("fuzz-failure", "wb"); to != nullptr && g_input != nullptr) {
    std::fwrite(g_input->data(), 1, g_input->size(), to);
    std::fclose(to);
  }
  std::_Exit(1);
}

void run(const std::string& input) {
  g_input = &input;
  ++g_mutant;
  // A copy of exactly this size: reading past its end is seen by AddressSanitizer.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  judge(exact);
}

std::vector<std::string> read_all(const fs::path& path) {
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.is_regular_file()) files.push_back(entry.path());
  } else {
    files.push_back(path);
  }
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ifstream from(file, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(from), std::istreambuf_iterator<char>());
  }
  return inputs;
}

using Random = std::mt19937_64;
std::size_t below(Random& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

void mutate(std::string& text, const std::vector<std::string>& pool, Random& random) {
  const std::size_t at = below(random, text.size() + 1);
  const std::size_t length = below(random, 1 + std::min<std::size_t>(64, text.size() - at));
  switch (below(random, 7)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(random());
      break;
    case 2: text.erase(at, length); break;
    case 3: text.insert(at, text.substr(at, length)); break;
    case 4: text.insert(at, 1 + below(random, 8), static_cast<char>(random())); break;
    case 5: {
      const std::string& other = pool[below(random, pool.size())];
      const std::size_t from = below(random, other.size() + 1);
      text.replace(at, length, other.substr(from, below(random, 256)));
      break;
    }
    default: text.resize(at); break;
  }
}

struct Plan {
  std::uint64_t mutants = 0;
  std::vector<std::string> inputs;
};

Plan read_arguments(int count, char** arguments) {
  Plan plan{0, seeds()};
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--mutants" && i + 1 < count) {
      plan.mutants = std::strtoull(arguments[++i], nullptr, 10);
    } else if (argument == "--seed" && i + 1 < count) {
      g_seed = std::strtoull(arguments[++i], nullptr, 10);
    } else if (argument == "--write-seeds" && i + 1 < count) {
      const fs::path to = arguments[++i];
      fs::create_directories(to);
      for (std::size_t n = 0; n < plan.inputs.size(); ++n)
        std::ofstream(to / ("seed-" + std::to_string(n)), std::ios::binary) << plan.inputs[n];
    } else {
      for (auto& input : read_all(argument)) plan.inputs.push_back(std::move(input));
    }
  }
  return plan;
}

int main_of(int count, char** arguments) {
  crypto::start();
  g_seed = std::random_device{}();
  const Plan plan = read_arguments(count, arguments);
  if (std::signal(SIGABRT, report) == SIG_ERR || std::signal(SIGSEGV, report) == SIG_ERR) return 1;
  std::printf("--seed %llu\n", static_cast<unsigned long long>(g_seed));
  std::fflush(stdout);
  for (const auto& input : plan.inputs) run(input);
  Random random(g_seed);
  for (std::uint64_t n = 0; n < plan.mutants; ++n) {
    std::string text = plan.inputs[below(random, plan.inputs.size())];
    for (std::size_t times = 1 + below(random, 4); times > 0; --times)
      mutate(text, plan.inputs, random);
    run(text);
  }
  std::printf("%llu inputs, none failed\n", static_cast<unsigned long long>(g_mutant));
  return 0;
}

}  // namespace
}  // namespace cartella::fuzz

int main(int count, char** arguments) { return cartella::fuzz::main_of(count, arguments); }
