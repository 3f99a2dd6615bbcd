#include "cases/encode.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::encode_body;
using schema::id_data;
using schema::text_from;

namespace {

template <class Numbers, class List>
void put_numbers(const Numbers& numbers, List to) {
  unsigned i = 0;
  for (const std::uint64_t number : numbers) to.set(i++, number);
}

unsigned count_of(const auto& list) { return static_cast<unsigned>(list.size()); }

template <class To>
void put_target(const OrganisationState::Erasure& erasure, To to) {
  if (erasure.of_controller) {
    to.setScope(capnp::Text::Reader("controller"));
    to.setTarget(id_data(erasure.controller));
    to.setController(id_data(erasure.controller));
    return;
  }
  const bool is_person = !erasure.subject.is_zero();
  to.setScope(is_person ? capnp::Text::Reader("person") : capnp::Text::Reader("item"));
  to.setTarget(is_person ? id_data(erasure.subject) : id_data(erasure.item));
  to.setController(id_data(erasure.controller));
}

template <class To>
void put_cover(const OrganisationState::Cover& cover, To to) {
  to.setSubject(id_data(cover.subject));
  to.setController(id_data(cover.controller));
  auto items = to.initItems(count_of(cover.items));
  unsigned i = 0;
  for (const StreamId& item : cover.items) items.set(i++, id_data(item));
}

}  // namespace

Bytes encode(const ProposeErasure& command, const OrganisationState::Erasure& erasure) {
  return encode_body<schema::ErasureProposed>([&](auto to) {
    put_target(erasure, to);
    to.setBasis(text_from(command.basis));
    put_numbers(command.counts, to.initCounts(count_of(command.counts)));
    put_numbers(erasure.mentions, to.initMentions(count_of(erasure.mentions)));
    to.setProposedBy(id_data(erasure.proposed_by));
    to.setSubject(id_data(erasure.owner));
  });
}

Bytes encode_decided(const DecideErasure& command, const OrganisationState::Erasure& erasure,
                     const std::string& outcome, const OperatorId& decided_by) {
  return encode_body<schema::ErasureDecided>([&](auto to) {
    to.setProposal(id_data(command.proposal));
    put_target(erasure, to);
    to.setDecision(text_from(outcome));
    to.setGround(text_from(command.ground));
    to.setDecidedBy(id_data(decided_by));
    put_numbers(command.kept_mentions, to.initKeptMentions(count_of(command.kept_mentions)));
    put_numbers(command.erased_mentions, to.initErasedMentions(count_of(command.erased_mentions)));
  });
}

Bytes encode(const SetRetentionRule& command, const std::string& term_start) {
  return encode_body<schema::RetentionRuleSet>([&](auto to) {
    to.setCategory(text_from(command.category));
    to.setMonths(static_cast<std::uint32_t>(command.months));
    to.setStart(text_from(term_start));
    to.setAct(text_from(command.act));
  });
}

Bytes encode(const PlaceLegalHold& command, const OrganisationState::Cover& cover,
             const OperatorId& placed_by) {
  return encode_body<schema::LegalHoldPlaced>([&](auto to) {
    put_cover(cover, to);
    to.setAct(text_from(command.act));
    to.setAuthority(text_from(command.authority));
    to.setUntil(schema::date_value(command.until));
    to.setPlacedBy(id_data(placed_by));
  });
}

Bytes encode(const LiftLegalHold& command, const OperatorId& lifted_by) {
  return encode_body<schema::LegalHoldLifted>([&](auto to) {
    to.setHold(id_data(command.hold));
    to.setAct(text_from(command.act));
    to.setLiftedBy(id_data(lifted_by));
  });
}

Bytes encode_restricted(const OrganisationState::Cover& cover, const std::string& ground,
                        const OperatorId& decided_by) {
  return encode_body<schema::ProcessingRestricted>([&](auto to) {
    put_cover(cover, to);
    to.setGround(text_from(ground));
    to.setDecidedBy(id_data(decided_by));
  });
}

Bytes encode(const LiftRestriction& command, const SubjectId& subject,
             const OperatorId& decided_by) {
  return encode_body<schema::ProcessingRestrictionLifted>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setRestriction(id_data(command.restriction));
    to.setNotice(text_from(command.notice));
    to.setReason(text_from(command.reason));
    to.setDecidedBy(id_data(decided_by));
  });
}

}  // namespace cartella::cases
