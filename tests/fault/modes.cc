// What the modes do that are not lives alone.
#include <signal.h>
#include <sys/mount.h>

#include "tests/fault/damage.h"
#include "tests/fault/restore.h"
#include "tests/fault/run.h"

namespace cartella::fault {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKeepingLives = 4;

// The vault asks for 64 MiB when it opens.
constexpr const char* kSmallDisk = "size=120m";
constexpr const char* kLargeDisk = "size=260m";

}  // namespace

bool Runs::run_damage(std::uint64_t number) {
  Life life = next_life();
  life.publish_at_end = true;
  if (life_code({}, life) != 0) return failed("a life without a fault did not end well");
  const Damage damage = do_damage(x_options.mode, x_store, x_dir / "template", number, x_random);
  x_story += "  damage: " + damage.what + "\n";
  if (damage.must_be_found) {
    const int found = in_child({}, [this] { return verify_closed(x_store); });
    if (found != 10) return failed("verify does not see the damage, code " + std::to_string(found));
  }
  const int judged = judge_code({}, true, true);
  if (judged == 10) ++x_shared->tally.detected;
  if (judged == 0) ++x_shared->tally.harmless;
  if (judged != 0 && judged != 10)
    return failed("the oracle says no, code " + std::to_string(judged));
  return true;
}

bool Runs::run_reads(std::uint64_t number) {
  Life life = next_life();
  if (life_code({}, life) != 0) return failed("a life without a fault did not end well");
  const Plan plan = plan_for(number);
  x_story += "  reading under " + text_of(plan) + "\n";
  const int reading = judge_code(plan, true, one_in(x_random, 2));
  if (!text_in(x_report).empty()) ++x_shared->tally.fired;
  if (reading == 10) ++x_shared->tally.detected;
  if (reading != 0 && reading != 10 && reading != kKilled)
    return failed("reading under faults, code " + std::to_string(reading));
  const int judged = judge_code({}, false, true);
  return judged == 0 || failed("the oracle says no, code " + std::to_string(judged));
}

bool Runs::resize_disk(bool is_large) {
  const unsigned long flags = is_mount_point(x_mounted) ? MS_REMOUNT : 0;
  return ::mount("cartella-fault", x_mounted.c_str(), "tmpfs", flags,
                 is_large ? kLargeDisk : kSmallDisk) == 0;
}

bool Runs::run_space() {
  const bool has_reserve = one_in(x_random, 2);
  Life life = next_life();
  life.ballast = fs::path(x_mounted) / "ballast";
  life.bytes_left = (256 + below(x_random, 1024)) << 10;
  if (has_reserve) {
    // More than is written between two looks at the disk, as the reserve of 2 GiB is.
    life.setting.space_low_bytes = 24 << 20;
    life.setting.space_critical_bytes = 4 << 20;
    life.bytes_left += 25 << 20;
  }
  const auto unknown = x_shared->tally.unknown.load();
  const int code = life_code({}, life);
  if (code != 0 && code != 10 && (code != kKilled || has_reserve))
    return failed("on a full disk, code " + std::to_string(code));
  if (has_reserve && x_shared->tally.unknown != unknown)
    return failed("in spite of the reserve a command was accepted and then failed");
  const int reading = judge_code({}, true, false);
  if (reading == 10) ++x_shared->tally.detected;
  if (reading != 0 && reading != 10 && reading != kKilled)
    return failed("reading on a full disk, code " + std::to_string(reading));
  fs::remove(life.ballast);
  if (!resize_disk(true)) return failed("the disk cannot be made larger");
  const int judged = judge_code({}, false, true);
  if (judged != 0) return failed("with space again, the oracle says no");
  return true;
}

bool Runs::run_time() {
  for (std::uint64_t i = 0; i < x_options.lives; ++i) {
    Life life = next_life();
    life.jumps = true;
    life.commands = 20;
    if (const int code = life_code({}, life); code != 0)
      return failed("while the clock jumps, code " + std::to_string(code));
    if (judge_code({}, false, i + 1 == x_options.lives) != 0)
      return failed("after the clock jumped, the oracle says no");
  }
  return true;
}

bool Runs::run_tamper() {
  Life life = next_life();
  life.clean_end = true;
  life.publish_at_end = true;
  if (life_code({}, life) != 0) return failed("a life without a fault did not end well");
  const std::uint64_t choice = x_random();
  const int changed = in_child({}, [&] { return tamper(x_store, choice); });
  if (changed != 0) return failed("the tampering did not work");
  x_story += "  rows rewritten, choice " + std::to_string(choice) + "\n";
  const int found = in_child({}, [this] { return verify_closed(x_store); });
  if (found == 10) ++x_shared->tally.detected;
  return found == 10 || failed("verify does not see it, code " + std::to_string(found));
}

// Opening, group commit, views and the verifier all take memory; so does the oracle, which reads.
bool Runs::run_memory() {
  const bool reads = one_in(x_random, 3);
  if (reads && life_code({}, next_life()) != 0)
    return failed("a life without a fault did not end well");
  const Plan plan = memory_plan(x_allocations, x_random);
  x_story += "  " + text_of(plan) + "\n";
  const int code = reads ? judge_code(plan, true, true) : life_code(plan, next_life());
  if (code == 10) ++x_shared->tally.fired;
  if (code != 0 && code != 10 && code != kKilled)
    return failed("for want of memory, code " + std::to_string(code));
  const int judged = judge_code({}, false, true);
  return judged == 0 || failed("the oracle says no, code " + std::to_string(judged));
}

// Their names begin as that of the store, so that the injector counts what is done to them, too.
bool Runs::run_restore() {
  Keeping keeping{x_store,
                  x_notebook,
                  x_dir / "store.copies",
                  x_dir / "store.second",
                  x_dir / "store.restored",
                  x_run_seed,
                  x_random()};
  for (const auto& dir : {keeping.copies, keeping.second, keeping.restored}) fs::remove_all(dir);
  if (life_code({}, next_life()) != 0) return failed("a life without a fault did not end well");
  // Backup, erasures and restore together make several times the operations of a life.
  const Plan plan = restore_plan(kKeepingLives * x_calls.size(), x_random);
  x_story += "  backup, erasures and restore under " + text_of(plan) + "\n";
  const int first = in_child(plan, [&] { return erase_and_restore(keeping); });
  x_story += text_in(x_report);
  if (!text_in(x_report).empty()) ++x_shared->tally.fired;
  if (first == kKilled) ++x_shared->tally.deaths;
  if (first != 0 && first != kKilled)
    return failed("backup, erasures and restore, code " + std::to_string(first));
  const int again = in_child({}, [&] { return erase_and_restore(keeping); });
  return again == 0 || failed("done again, code " + std::to_string(again));
}

}  // namespace cartella::fault
