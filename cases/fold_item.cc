// The states of people, cards, cases and benefits, from their events.
#include "cases/state.h"
#include "schema/body.h"

namespace cartella::cases {

namespace {

using schema::date_from;
using schema::EventType;
using schema::id_from;
using schema::text_of;
using schema::with_body;

// The body of an event that has been opened; nullptr when it is erased.
const crypto::Plaintext* body_of(const crypto::OpenedEvent& event) {
  if (event.segments.size() < 2 || !event.segments[1].available) return nullptr;
  return &event.segments[1].plaintext;
}

Hash32 digest_of(schema::Identifier::Reader identifier) {
  return identifier_digest(static_cast<IdentifierKind>(identifier.getKind()),
                           text_of(identifier.getValue()), text_of(identifier.getIssuer()));
}

// ---- people -------------------------------------------------------------------------------------
Status fold_person(EventType type, ByteView message, PersonState& person) {
  switch (type) {
    case EventType::person_registered:
      return with_body<schema::PersonRegistered>(message, [&](auto from) -> Status {
        person.anonymous = from.getAnonymous();
        person.death_date = date_from(from.getIdentity().getDeathDate());
        for (const auto one : from.getIdentifiers())
          person.identifiers[digest_of(one)] = static_cast<IdentifierKind>(one.getKind());
        return ok();
      });
    case EventType::identifier_added:
      return with_body<schema::IdentifierAdded>(message, [&](auto from) -> Status {
        const auto one = from.getIdentifier();
        const bool same_kind = from.hasReplaces() && from.getReplaces().getKind() == one.getKind();
        if (same_kind) person.identifiers.erase(digest_of(from.getReplaces()));
        person.identifiers[digest_of(one)] = static_cast<IdentifierKind>(one.getKind());
        return ok();
      });
    case EventType::identity_recorded:
      return with_body<schema::IdentityRecorded>(message, [&](auto from) -> Status {
        if (const auto death = date_from(from.getIdentity().getDeathDate()))
          person.death_date = death;
        return ok();
      });
    case EventType::death_recorded:
      return with_body<schema::DeathRecorded>(message, [&](auto from) -> Status {
        person.death_date = date_from(from.getDeathDate());
        return ok();
      });
    default: return ok();
  }
}

// ---- cards --------------------------------------------------------------------------------------
Status fold_card(EventType type, ByteView message, CardState& card) {
  switch (type) {
    case EventType::card_opened:
      return with_body<schema::CardOpened>(message, [&](auto from) -> Status {
        card.anonymous = from.getAnonymous();
        CARTELLA_TRY(card.office, id_from<UnitId>(from.getOffice()));
        return ok();
      });
    case EventType::card_needs_recorded:
      return with_body<schema::CardNeedsRecorded>(message, [&](auto from) -> Status {
        card.needs_count = from.getNeeds().size() + (from.getOtherText().size() > 0 ? 1 : 0);
        return ok();
      });
    case EventType::card_services_requested:
      return with_body<schema::CardServicesRequested>(message, [&](auto from) -> Status {
        card.services_count = from.getServices().size() + (from.getOtherText().size() > 0 ? 1 : 0);
        return ok();
      });
    case EventType::card_closed: card.closed = true; return ok();
    case EventType::card_linked_to_case:
      return with_body<schema::CardLinkedToCase>(message, [&](auto from) -> Status {
        CARTELLA_TRY(card.linked_case, id_from<StreamId>(from.getCaseStream()));
        return ok();
      });
    default: return ok();
  }
}

// ---- cases --------------------------------------------------------------------------------------
Status fold_category(schema::CaseCategorySet::Reader from, CaseState& state) {
  const std::string category = text_of(from.getCategory());
  if (from.getEnded()) {
    state.categories.erase(category);
    if (state.prevalent == category) state.prevalent.clear();
    return ok();
  }
  state.categories.insert(category);
  if (from.getPrevalent())
    state.prevalent = category;
  else if (state.prevalent == category)
    state.prevalent.clear();
  return ok();
}

Status fold_assignment(schema::CaseOperatorAssigned::Reader from, CaseState& state) {
  CARTELLA_TRY(const auto worker, id_from<OperatorId>(from.getOperator()));
  if (from.getEnded()) {
    if (state.responsible == worker) state.responsible = {};
    // The end of a responsibility that passed to somebody else leaves no other assignment.
    state.operators.erase(worker);
    return ok();
  }
  if (from.getResponsible())
    state.responsible = worker;
  else if (state.responsible == worker)
    state.responsible = {};
  state.operators.insert(worker);
  return ok();
}

Status fold_case(EventType type, ByteView message, CaseState& state) {
  switch (type) {
    case EventType::case_opened: state.status = CaseStatus::aperto; return ok();
    case EventType::case_state_changed:
      return with_body<schema::CaseStateChanged>(message, [&](auto from) -> Status {
        state.status = static_cast<CaseStatus>(from.getState());
        return ok();
      });
    case EventType::case_category_set:
      return with_body<schema::CaseCategorySet>(
          message, [&](auto from) -> Status { return fold_category(from, state); });
    case EventType::case_operator_assigned:
      return with_body<schema::CaseOperatorAssigned>(
          message, [&](auto from) -> Status { return fold_assignment(from, state); });
    case EventType::case_shared:
      return with_body<schema::CaseShared>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto unit, id_from<UnitId>(from.getUnit()));
        if (from.getRevoked())
          state.shared_with.erase(unit);
        else
          state.shared_with.insert(unit);
        return ok();
      });
    default: return ok();
  }
}

// ---- benefits -----------------------------------------------------------------------------------
Status fold_benefit(EventType type, ByteView message, const EventId& event, BenefitState& state) {
  switch (type) {
    case EventType::benefit_granted:
      return with_body<schema::BenefitGranted>(message, [&](auto from) -> Status {
        CARTELLA_TRY(state.paying_ente, id_from<UnitId>(from.getPayingEnte()));
        state.protocol = protocol_digest(state.paying_ente, text_of(from.getProtocol()));
        return ok();
      });
    case EventType::benefit_delivered:
      return with_body<schema::BenefitDelivered>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto superseded, id_from<EventId>(from.getSupersedes()));
        if (!superseded.is_zero()) state.deliveries[superseded] = true;
        state.deliveries[event] = false;
        return ok();
      });
    case EventType::benefit_closed:
      return with_body<schema::BenefitClosed>(message, [&](auto from) -> Status {
        state.closed_on = date_from(from.getClosedOn());
        return ok();
      });
    case EventType::benefit_superseded:
      return with_body<schema::BenefitSuperseded>(message, [&](auto from) -> Status {
        CARTELLA_TRY(state.superseded_by, id_from<StreamId>(from.getBy()));
        return ok();
      });
    default: return ok();
  }
}

// ---- rights requests ----------------------------------------------------------------------------
Status fold_request(EventType type, ByteView message, RightsRequestState& state) {
  if (type != EventType::rights_request_opened) return ok();
  return with_body<schema::RightsRequestOpened>(message, [&](auto from) -> Status {
    CARTELLA_TRY(state.person, id_from<StreamId>(from.getPersonStream()));
    state.kind = text_of(from.getKind());
    return ok();
  });
}

// The first event of a stream says what the stream is.
ItemState started(const schema::HeaderView& header) {
  const auto with = [&](auto state) -> ItemState {
    state.subject = header.subject;
    state.controller = header.controller;
    return state;
  };
  switch (header.type) {
    case EventType::person_registered: return with(PersonState{});
    case EventType::card_opened: return with(CardState{});
    case EventType::case_opened: return with(CaseState{});
    case EventType::benefit_granted: return with(BenefitState{});
    case EventType::rights_request_opened: return with(RightsRequestState{});
    default: return OtherState{header.type, header.subject, header.controller};
  }
}

struct Folder {
  EventType type;
  ByteView message;
  EventId event;
  Status operator()(PersonState& state) const { return fold_person(type, message, state); }
  Status operator()(CardState& state) const { return fold_card(type, message, state); }
  Status operator()(CaseState& state) const { return fold_case(type, message, state); }
  Status operator()(BenefitState& state) const { return fold_benefit(type, message, event, state); }
  Status operator()(RightsRequestState& state) const { return fold_request(type, message, state); }
  Status operator()(OtherState&) const { return ok(); }
  Status operator()(std::monostate&) const { return ok(); }
};

}  // namespace

Status fold_item(const crypto::OpenedEvent& event, FoldedItem& item) {
  item.revision = static_cast<std::int64_t>(event.leaf.revision);
  if (event.segments.empty() || !event.segments[0].available) return ok();
  CARTELLA_TRY(const auto header, schema::decode_header(event.segments[0].plaintext.message));
  if (std::holds_alternative<std::monostate>(item.state)) item.state = started(header);
  const crypto::Plaintext* body = body_of(event);
  if (!body) return ok();
  return std::visit(Folder{header.type, body->message, event.leaf.event_id}, item.state);
}

}  // namespace cartella::cases
