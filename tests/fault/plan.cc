#include "tests/fault/plan.h"

#include <array>

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

Plan choose_plan(Mode mode, std::uint64_t calls, Random& random) {
  Plan plan;
  plan.path = pick(kPlaces, random);
  plan.ops = pick(kOps, random);
  plan.cut = static_cast<unsigned>(below(random, 100));
  plan.nth = choose_nth(calls, !plan.path.empty() || plan.ops != "all", random);
  switch (mode) {
    case Mode::crash:
    case Mode::restore:
    case Mode::power: {
      constexpr std::array<const char*, 3> kActs = {"kill", "kill_after", "torn"};
      plan.act = pick(kActs, random);
      // Half of the tears hit the commit itself.
      if (plan.act == "torn" && one_in(random, 2)) {
        plan.path = "/journal/";
        plan.ops = "write,dsync";
        plan.nth = choose_nth(calls, true, random);
      }
      break;
    }
    case Mode::fail: {
      constexpr std::array<const char*, 4> kActs = {"eio", "eio", "enospc", "short"};
      plan.act = pick(kActs, random);
      if (plan.act == "short") plan.ops = "write,dsync";
      plan.sticky = plan.act != "short" && one_in(random, 2);
      break;
    }
    case Mode::read: {
      constexpr std::array<const char*, 4> kReadPlaces = {"", "/log/", "/journal/", ".sst"};
      constexpr std::array<const char*, 3> kActs = {"eio", "eio", "short"};
      plan.path = pick(kReadPlaces, random);
      plan.ops = "read";
      plan.act = pick(kActs, random);
      plan.sticky = plan.act == "eio" && one_in(random, 2);
      plan.nth = choose_nth(calls, true, random);
      break;
    }
    case Mode::memory:
      plan = Plan{};
      plan.act = "memory";
      plan.ops = "allocation";
      plan.nth = 1 + below(random, calls);
      plan.sticky = one_in(random, 2);
      break;
    default: plan = Plan{};
  }
  return plan;
}

}  // namespace cartella::fault
