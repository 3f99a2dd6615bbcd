#include "store/verify_work.h"

#include <algorithm>
#include <limits>
#include <thread>

namespace cartella::store {
namespace {

std::uint64_t rank(const std::optional<std::uint64_t>& position) {
  return position.value_or(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace

std::string_view verify_check_name(VerifyCheck check) {
  switch (check) {
    case VerifyCheck::files: return "files";
    case VerifyCheck::journal: return "journal";
    case VerifyCheck::genesis: return "genesis";
    case VerifyCheck::leaves: return "leaves";
    case VerifyCheck::times: return "times";
    case VerifyCheck::bodies: return "bodies";
    case VerifyCheck::tree: return "tree";
    case VerifyCheck::checkpoints: return "checkpoints";
    case VerifyCheck::signatures: return "signatures";
    case VerifyCheck::streams: return "streams";
    case VerifyCheck::ids: return "ids";
    case VerifyCheck::rollback: return "rollback";
  }
  return "unknown";
}

void Findings::add(VerifyCheck check, std::optional<std::uint64_t> position, std::string detail) {
  x_first.with([&](auto& first) {
    const auto found = first.find(check);
    if (found != first.end() && rank(found->second.position) <= rank(position)) return;
    first.insert_or_assign(check, VerifyFinding{check, position, std::move(detail)});
  });
}

bool Findings::has(VerifyCheck check) const {
  return x_first.with([&](const auto& first) { return first.contains(check); });
}

std::optional<std::uint64_t> Findings::lowest(std::initializer_list<VerifyCheck> checks,
                                              std::uint64_t from, std::uint64_t to) const {
  return x_first.with([&](const auto& first) {
    std::optional<std::uint64_t> lowest;
    for (const VerifyCheck check : checks) {
      const auto found = first.find(check);
      if (found == first.end() || !found->second.position) continue;
      const std::uint64_t position = *found->second.position;
      if (position < from || position >= to) continue;
      lowest = std::min(position, lowest.value_or(position));
    }
    return lowest;
  });
}

std::vector<VerifyFinding> Findings::sorted() const {
  std::vector<VerifyFinding> all = x_first.with([](const auto& first) {
    std::vector<VerifyFinding> findings;
    findings.reserve(first.size());
    for (const auto& [check, finding] : first) findings.push_back(finding);
    return findings;
  });
  std::stable_sort(all.begin(), all.end(), [](const VerifyFinding& a, const VerifyFinding& b) {
    return rank(a.position) < rank(b.position);
  });
  return all;
}

Status run_parts(unsigned threads, std::uint64_t count,
                 const std::function<Status(std::uint64_t part)>& part) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> is_stopped{false};
  Mutex<std::optional<Error>> error;
  const auto work = [&] {
    while (!is_stopped) {
      const std::uint64_t mine = next.fetch_add(1);
      if (mine >= count) return;
      const Status done = part(mine);
      if (done) continue;
      is_stopped = true;
      error.with([&](auto& first) {
        if (!first) first = done.error();
      });
    }
  };
  {
    std::vector<std::jthread> team;
    for (unsigned i = 1; i < threads && i < count; ++i) team.emplace_back(work);
    work();
  }
  return error.with([](const auto& first) -> Status {
    if (first) return *first;
    return ok();
  });
}

Status note_read(VerifyWork& work, const Status& status, std::optional<std::uint64_t> position) {
  if (status) return ok();
  if (status.error().code != Errc::corrupt) return status;
  work.findings.add(VerifyCheck::files, position, status.error().detail);
  return ok();
}

bool stands_at(const LogCursor& cursor, ByteView key) {
  return cursor.valid() && std::ranges::equal(cursor.key(), key);
}

}  // namespace cartella::store
