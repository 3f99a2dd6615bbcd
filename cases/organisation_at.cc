#include "cases/organisation_at.h"

namespace cartella::cases {

namespace {

constexpr std::size_t kPageEvents = 64;

}  // namespace

Result<OrganisationState> organisation_at(const store::Store& store, crypto::SegmentKeys& keys,
                                          std::uint64_t end) {
  OrganisationState state;
  const StreamId stream = organisation_stream(store.log_id());
  std::uint64_t from = 0;
  for (;;) {
    CARTELLA_TRY(const auto page, store.read_stream(stream, from, kPageEvents));
    if (page.empty()) return state;
    for (const crypto::StoredEvent& stored : page) {
      if (stored.leaf.position >= end) return state;
      CARTELLA_TRY(const auto event, crypto::open_event(store.eras(), keys, stored));
      CARTELLA_TRY(fold_organisation(event, state));
    }
    from = page.back().leaf.revision + 1;
  }
}

}  // namespace cartella::cases
