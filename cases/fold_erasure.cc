// Erasures, legal holds and restrictions, as the stream of the organisation tells of them.
#include <algorithm>

#include "cases/state.h"
#include "schema/body.h"

namespace cartella::cases {

namespace {

using schema::EventType;
using schema::id_from;
using schema::text_of;
using schema::with_body;
using State = OrganisationState;
using Erasure = State::Erasure;
using Cover = State::Cover;

Status fold_proposal(schema::ErasureProposed::Reader from, const EventId& event, State& state) {
  Erasure erasure;
  CARTELLA_TRY(erasure.controller, id_from<ControllerId>(from.getController()));
  CARTELLA_TRY(erasure.proposed_by, id_from<OperatorId>(from.getProposedBy()));
  CARTELLA_TRY(erasure.owner, id_from<SubjectId>(from.getSubject()));
  const std::string scope = text_of(from.getScope());
  if (scope == "controller") {
    erasure.of_controller = true;
    state.leaving[erasure.controller] = event;
  } else if (scope == "person") {
    CARTELLA_TRY(erasure.subject, id_from<SubjectId>(from.getTarget()));
  } else {
    CARTELLA_TRY(erasure.item, id_from<StreamId>(from.getTarget()));
  }
  for (const std::uint64_t position : from.getMentions()) erasure.mentions.insert(position);
  state.erasures[event] = std::move(erasure);
  return ok();
}

Erasure::Standing standing_of(const std::string& decision) {
  if (decision == "erase") return Erasure::Standing::erasing;
  if (decision == "restrict") return Erasure::Standing::restricted;
  return decision == "keep_for_other" ? Erasure::Standing::kept : Erasure::Standing::refused;
}

Status fold_decision(schema::ErasureDecided::Reader from, const crypto::Leaf& leaf, State& state) {
  CARTELLA_TRY(const auto proposal, id_from<EventId>(from.getProposal()));
  const auto at = state.erasures.find(proposal);
  if (at == state.erasures.end()) return ok();
  Erasure& erasure = at->second;
  erasure.standing = standing_of(text_of(from.getDecision()));
  erasure.decision = leaf.event_id;
  erasure.decided_position = leaf.position;
  erasure.decided_at = leaf.recorded_at;
  for (const std::uint64_t position : from.getErasedMentions())
    erasure.erased_mentions.insert(position);
  if (erasure.of_controller) erasure.ground = text_of(from.getGround());
  if (erasure.standing == Erasure::Standing::erasing)
    state.erasing.insert(proposal);
  else if (erasure.of_controller)
    state.leaving.erase(erasure.controller);
  return ok();
}

Status fold_completion(schema::ErasureCompleted::Reader from, State& state) {
  CARTELLA_TRY(const auto decision, id_from<EventId>(from.getDecision()));
  for (auto& [proposal, erasure] : state.erasures) {
    if (erasure.decision != decision) continue;
    erasure.standing = Erasure::Standing::completed;
    state.erasing.erase(proposal);
  }
  return ok();
}

template <class Reader>
Result<Cover> cover_of(Reader from) {
  Cover cover;
  CARTELLA_TRY(cover.controller, id_from<ControllerId>(from.getController()));
  CARTELLA_TRY(cover.subject, id_from<SubjectId>(from.getSubject()));
  for (const auto each : from.getItems()) {
    CARTELLA_TRY(const auto stream, id_from<StreamId>(each));
    cover.items.insert(stream);
  }
  return cover;
}

}  // namespace

bool State::is_erasing(const ControllerId& controller, const SubjectId& subject,
                       const StreamId& stream) const {
  return std::any_of(erasing.begin(), erasing.end(), [&](const EventId& proposal) {
    const Erasure& one = erasures.at(proposal);
    if (one.of_controller) return one.controller == controller;
    if (one.subject.is_zero()) return one.item == stream;
    return one.controller == controller && one.subject == subject;
  });
}

bool State::has_left(const ControllerId& controller) const {
  const auto at = leaving.find(controller);
  if (at == leaving.end()) return false;
  return erasures.at(at->second).standing != Erasure::Standing::proposed;
}

bool State::is_restricted(const ControllerId& controller, const SubjectId& subject,
                          const StreamId& stream) const {
  return std::any_of(restrictions.begin(), restrictions.end(), [&](const auto& one) {
    return one.second.covers(controller, subject, stream);
  });
}

bool State::is_held(const Erasure& erasure, Date on) const {
  return std::any_of(holds.begin(), holds.end(), [&](const auto& one) {
    const Cover& hold = one.second;
    if (hold.until && *hold.until < on) return false;
    if (hold.controller != erasure.controller) return false;
    if (erasure.of_controller) return true;
    if (hold.subject != erasure.owner) return false;
    const bool is_of_person = !erasure.subject.is_zero();
    return is_of_person || hold.items.empty() || hold.items.contains(erasure.item);
  });
}

bool State::is_any_held(const ControllerId& controller, Date on) const {
  Erasure everything;
  everything.controller = controller;
  everything.of_controller = true;
  return is_held(everything, on);
}

Status fold_erasure(const crypto::OpenedEvent& event, const schema::HeaderView& header,
                    OrganisationState& state) {
  const ByteView message = event.segments[1].plaintext.message;
  const EventId& id = event.leaf.event_id;
  switch (header.type) {
    case EventType::erasure_proposed:
      return with_body<schema::ErasureProposed>(
          message, [&](auto from) -> Status { return fold_proposal(from, id, state); });
    case EventType::erasure_decided:
      return with_body<schema::ErasureDecided>(
          message, [&](auto from) -> Status { return fold_decision(from, event.leaf, state); });
    case EventType::erasure_completed:
      return with_body<schema::ErasureCompleted>(
          message, [&](auto from) -> Status { return fold_completion(from, state); });
    case EventType::legal_hold_placed:
      return with_body<schema::LegalHoldPlaced>(message, [&](auto from) -> Status {
        CARTELLA_TRY(auto cover, cover_of(from));
        cover.until = schema::date_from(from.getUntil());
        state.holds[id] = std::move(cover);
        return ok();
      });
    case EventType::legal_hold_lifted:
      return with_body<schema::LegalHoldLifted>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto hold, id_from<EventId>(from.getHold()));
        state.holds.erase(hold);
        return ok();
      });
    case EventType::processing_restricted:
      return with_body<schema::ProcessingRestricted>(message, [&](auto from) -> Status {
        CARTELLA_TRY(auto cover, cover_of(from));
        state.restrictions[id] = std::move(cover);
        return ok();
      });
    case EventType::processing_restriction_lifted:
      return with_body<schema::ProcessingRestrictionLifted>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto restriction, id_from<EventId>(from.getRestriction()));
        state.restrictions.erase(restriction);
        return ok();
      });
    case EventType::retention_rule_set:
      return with_body<schema::RetentionRuleSet>(message, [&](auto from) -> Status {
        state.retention_rules[text_of(from.getCategory())] = {from.getMonths(),
                                                              text_of(from.getAct())};
        return ok();
      });
    default: return ok();
  }
}

}  // namespace cartella::cases
