#include "tests/fault/plan.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace cartella::fault {
namespace {

constexpr std::array<std::pair<std::string_view, Mode>, 13> kModes = {{
    {"crash", Mode::crash},
    {"fail", Mode::fail},
    {"read", Mode::read},
    {"power", Mode::power},
    {"journal", Mode::journal},
    {"table", Mode::table},
    {"missing", Mode::missing},
    {"head", Mode::head},
    {"space", Mode::space},
    {"time", Mode::time},
    {"tamper", Mode::tamper},
    {"memory", Mode::memory},
    {"restore", Mode::restore},
}};

// Parts of paths below the data directory; the empty one is everything.
constexpr std::array<const char*, 9> kPlaces = {
    "", "", "/journal/", "/journal/", "/log/", "/head", "/vault/", "/views/", "MANIFEST"};
constexpr std::array<const char*, 7> kOps = {"all",   "all",       "write,dsync",  "dsync",
                                             "fsync", "fdatasync", "rename,create"};

template <class List>
auto pick(const List& list, Random& random) {
  return list[below(random, list.size())];
}

// Early operations and late ones alike; narrow choices make fewer calls, so small numbers prevail.
std::uint64_t choose_nth(std::uint64_t calls, bool is_narrow, Random& random) {
  std::uint64_t end = calls + calls / 8 + 1;
  if (is_narrow) end = std::max<std::uint64_t>(8, calls / (1ull << below(random, 7)));
  return 1 + below(random, end);
}

bool holds_word(std::string_view list, std::string_view word) {
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t end = std::min(list.find(',', from), list.size());
    if (list.substr(from, end - from) == word) return true;
    from = end + 1;
  }
  return false;
}

// How many of the operations the plan is about.
std::uint64_t count_of(const Plan& plan, const std::vector<Call>& calls) {
  return static_cast<std::uint64_t>(std::ranges::count_if(calls, [&](const Call& call) {
    return (plan.ops == "all" || holds_word(plan.ops, call.op)) &&
           call.path.find(plan.path) != std::string::npos;
  }));
}

// Which operations, where, and which of them: one that a life makes, or one of the few that more
// threads' luck adds.
void choose_target(Plan& plan, const std::vector<Call>& calls, Random& random) {
  std::uint64_t count = 0;
  while ((count = count_of(plan, calls)) == 0) {
    plan.path = pick(kPlaces, random);
    if (plan.act != "short") plan.ops = pick(kOps, random);  // only a write can be short
  }
  plan.nth = 1 + below(random, count + count / 8);
}

void choose_death(Plan& plan, Random& random) {
  constexpr std::array<const char*, 3> kActs = {"kill", "kill_after", "torn"};
  plan.act = pick(kActs, random);
  plan.cut = static_cast<unsigned>(below(random, 100));
  // Half of the tears hit the commit itself.
  if (plan.act != "torn" || one_in(random, 2)) return;
  plan.path = "/journal/";
  plan.ops = "write,dsync";
}

}  // namespace

std::uint64_t mixed(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t x = seed + 0x9E3779B97F4A7C15ull * (number + 1);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

bool parse_mode(std::string_view word, Mode& mode) {
  for (const auto& [name, value] : kModes) {
    if (name != word) continue;
    mode = value;
    return true;
  }
  return false;
}

const char* mode_word(Mode mode) {
  for (const auto& [name, value] : kModes)
    if (value == mode) return name.data();
  return "";
}

std::string text_of(const Plan& plan) {
  if (plan.nth == 0) return "nothing";
  return plan.act + " at " + plan.ops + " number " + std::to_string(plan.nth) + " in \"" +
         plan.path + "\"" + (plan.sticky ? ", sticky" : "");
}

std::string injector_text(const Plan& plan, const std::filesystem::path& root,
                          const std::filesystem::path& report) {
  std::string text = "root=" + root.string() + ";report=" + report.string() + ";op=" + plan.ops +
                     ";nth=" + std::to_string(plan.nth) + ";act=" + plan.act +
                     ";cut=" + std::to_string(plan.cut);
  if (!plan.path.empty()) text += ";path=" + plan.path;
  if (plan.sticky) text += ";sticky=1";
  return text;
}

std::vector<Call> read_calls(const std::filesystem::path& report) {
  std::vector<Call> calls;
  std::ifstream file(report);
  for (Call call; file >> call.op && std::getline(file >> std::ws, call.path);)
    calls.push_back(call);
  return calls;
}

Plan choose_plan(Mode mode, const std::vector<Call>& calls, Random& random) {
  Plan plan;
  plan.path = pick(kPlaces, random);
  plan.ops = pick(kOps, random);
  switch (mode) {
    case Mode::crash:
    case Mode::power:
      choose_death(plan, random);
      choose_target(plan, calls, random);
      return plan;
    case Mode::fail: {
      constexpr std::array<const char*, 4> kActs = {"eio", "eio", "enospc", "short"};
      plan.act = pick(kActs, random);
      plan.cut = static_cast<unsigned>(below(random, 100));
      if (plan.act == "short") plan.ops = "write,dsync";
      plan.sticky = plan.act != "short" && one_in(random, 2);
      choose_target(plan, calls, random);
      return plan;
    }
    case Mode::read: {
      constexpr std::array<const char*, 4> kReadPlaces = {"", "/log/", "/journal/", ".sst"};
      constexpr std::array<const char*, 3> kActs = {"eio", "eio", "short"};
      plan.path = pick(kReadPlaces, random);
      plan.ops = "read";
      plan.act = pick(kActs, random);
      plan.cut = static_cast<unsigned>(below(random, 100));
      plan.sticky = plan.act == "eio" && one_in(random, 2);
      plan.nth = choose_nth(calls.size(), true, random);
      return plan;
    }
    default: return Plan{};
  }
}

Plan restore_plan(std::uint64_t calls, Random& random) {
  Plan plan;
  plan.path = pick(kPlaces, random);
  plan.ops = pick(kOps, random);
  choose_death(plan, random);
  plan.nth = choose_nth(calls, !plan.path.empty() || plan.ops != "all", random);
  return plan;
}

Plan memory_plan(std::uint64_t allocations, Random& random) {
  Plan plan;
  plan.act = "memory";
  plan.ops = "allocation";
  plan.nth = 1 + below(random, allocations);
  plan.sticky = one_in(random, 2);
  return plan;
}

}  // namespace cartella::fault
