// What an erasure asks of the executor.
#include <algorithm>
#include <set>

#include "cases/bootstrap.h"
#include "cases/executor.h"
#include "cases/executor_impl.h"

namespace cartella::cases {

void Executor::drain() {
  const std::lock_guard in_turn(x_impl->turn);
  const std::unique_lock alone(x_impl->deciding);
}

Result<std::vector<Hash32>> Executor::claims_held(const SubjectId& subject,
                                                  const ControllerId& controller,
                                                  std::span<const StreamId> streams) {
  std::set<Raw16> holders;
  for (const StreamId& stream : streams) holders.insert(stream.bytes);
  // Identifiers and protocols name the person; they go with the last controller that knows them.
  const auto known = organisation();
  bool is_known_elsewhere = false;
  for (const auto& [ente, data] : known->entes) {
    const ControllerId other = controller_of(ente);
    if (other == controller || subject.is_zero()) continue;
    CARTELLA_TRY(const auto stream, x_impl->find_claim(person_claim(other, subject)));
    is_known_elsewhere = is_known_elsewhere || stream.has_value();
  }
  if (!subject.is_zero() && !is_known_elsewhere) holders.insert(subject.bytes);
  std::vector<Hash32> held;
  CARTELLA_TRY(x_impl->store.each_claim([&](const Hash32& key, ByteView sealed) -> Status {
    CARTELLA_TRY(const auto holder, x_impl->claims.open(key, sealed));
    if (holders.contains(holder)) held.push_back(key);
    return ok();
  }));
  return held;
}

void Executor::forget(std::span<const StreamId> streams) {
  for (const StreamId& stream : streams) x_impl->cache.forget(stream);
}

}  // namespace cartella::cases
