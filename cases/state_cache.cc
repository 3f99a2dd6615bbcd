// The least recently used states leave first.
#include <list>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "cases/state.h"

namespace cartella::cases {

namespace {

using Item = std::shared_ptr<const FoldedItem>;

struct Entries {
  std::list<std::pair<StreamId, Item>> newest_first;
  std::unordered_map<StreamId, std::list<std::pair<StreamId, Item>>::iterator> by_stream;
};

}  // namespace

struct StateCache::Impl {
  explicit Impl(std::size_t limit) : count_max(limit) {}
  const std::size_t count_max;
  mutable Mutex<Entries> entries;
};

StateCache::StateCache(std::size_t count_max) : x_impl(std::make_unique<Impl>(count_max)) {}
StateCache::~StateCache() = default;

std::shared_ptr<const FoldedItem> StateCache::find(const StreamId& stream) const {
  return x_impl->entries.with([&](Entries& entries) -> Item {
    const auto at = entries.by_stream.find(stream);
    if (at == entries.by_stream.end()) return nullptr;
    entries.newest_first.splice(entries.newest_first.begin(), entries.newest_first, at->second);
    return at->second->second;
  });
}

void StateCache::put(const StreamId& stream, std::shared_ptr<const FoldedItem> item) {
  x_impl->entries.with([&](Entries& entries) {
    const auto at = entries.by_stream.find(stream);
    if (at != entries.by_stream.end()) {
      if (at->second->second->revision < item->revision) at->second->second = std::move(item);
      return;
    }
    entries.newest_first.emplace_front(stream, std::move(item));
    entries.by_stream[stream] = entries.newest_first.begin();
    if (entries.newest_first.size() <= x_impl->count_max) return;
    entries.by_stream.erase(entries.newest_first.back().first);
    entries.newest_first.pop_back();
  });
}

void StateCache::forget(const StreamId& stream) {
  x_impl->entries.with([&](Entries& entries) {
    const auto at = entries.by_stream.find(stream);
    if (at == entries.by_stream.end()) return;
    entries.newest_first.erase(at->second);
    entries.by_stream.erase(at);
  });
}

std::size_t StateCache::size() const {
  return x_impl->entries.with([](const Entries& entries) { return entries.newest_first.size(); });
}

}  // namespace cartella::cases
