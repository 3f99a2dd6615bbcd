#include "cases/withdrawn.h"

#include <algorithm>

namespace cartella::cases {

namespace {

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

}  // namespace cartella::cases
