#include "cases/withdrawn.h"

#include <algorithm>

namespace cartella::cases {

namespace {

constexpr std::size_t kPageEvents = 64;

void add_restricted(const OrganisationState& organisation, Withdrawn& to) {
  for (const auto& [id, cover] : organisation.restrictions) {
    if (!cover.items.empty())
      to.items.insert(to.items.end(), cover.items.begin(), cover.items.end());
    else if (cover.subject.is_zero())
      to.controllers.push_back(cover.controller);
    else
      to.people.emplace_back(cover.controller, cover.subject);
  }
}

}  // namespace

bool Withdrawn::operator()(const ControllerId& controller, const SubjectId& subject,
                           const StreamId& stream) const {
  return std::ranges::binary_search(items, stream) ||
         std::ranges::binary_search(people, std::pair(controller, subject)) ||
         std::ranges::binary_search(controllers, controller);
}

Withdrawn withdrawn_from(Role role, const OrganisationState& organisation) {
  Withdrawn all;
  for (const EventId& proposal : organisation.erasing) {
    const auto& erasure = organisation.erasures.at(proposal);
    if (erasure.of_controller)
      all.controllers.push_back(erasure.controller);
    else if (erasure.subject.is_zero())
      all.items.push_back(erasure.item);
    else
      all.people.emplace_back(erasure.controller, erasure.subject);
  }
  if (role != Role::rights_officer) add_restricted(organisation, all);
  std::ranges::sort(all.controllers);
  std::ranges::sort(all.people);
  std::ranges::sort(all.items);
  return all;
}

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
