// What an erasure asks of the executor.
#include <algorithm>
#include <set>

#include "cases/bootstrap.h"
#include "cases/executor.h"
#include "cases/executor_impl.h"

namespace cartella::cases {

void Executor::drain() {
  { const auto alone = x_impl->deciding.alone(); }
  const auto alone = x_impl->looks.alone();
}

UnderWay::Mark Executor::begin_look() { return x_impl->looks.begin(); }

namespace {

// By the claims: whether one of the other enti has a stream of the person.
Result<bool> is_known_to_others(auto& impl, const OrganisationState& organisation,
                                const ControllerId& controller, const SubjectId& subject) {
  for (const auto& [ente, data] : organisation.entes) {
    const ControllerId other = controller_of(ente);
    if (other == controller) continue;
    CARTELLA_TRY(const auto stream, impl.find_claim(person_claim(other, subject)));
    if (stream) return true;
  }
  return false;
}

}  // namespace

Result<bool> Executor::is_last_controller(const SubjectId& subject,
                                          const ControllerId& controller) {
  const auto under_way = x_impl->begin();
  CARTELLA_TRY(const bool others,
               is_known_to_others(*x_impl, *organisation(), controller, subject));
  return !others;
}

Result<std::vector<Hash32>> Executor::claims_held(const SubjectId& subject,
                                                  const ControllerId& controller,
                                                  std::span<const StreamId> streams) {
  std::set<Raw16> holders;
  for (const StreamId& stream : streams) holders.insert(stream.bytes);
  // Identifiers and protocols name the person; they go with the last controller that knows them.
  if (!subject.is_zero()) {
    CARTELLA_TRY(const bool alone, is_last_controller(subject, controller));
    if (alone) holders.insert(subject.bytes);
  }
  std::vector<Hash32> held;
  const auto codec = x_impl->codec();
  CARTELLA_TRY(x_impl->store.each_claim([&](const Hash32& key, ByteView sealed) -> Status {
    CARTELLA_TRY(const auto holder, codec->open(key, sealed));
    if (holders.contains(holder)) held.push_back(key);
    return ok();
  }));
  return held;
}

void Executor::forget(std::span<const StreamId> streams) {
  for (const StreamId& stream : streams) x_impl->cache.forget(stream);
}

}  // namespace cartella::cases
