// Erasures of items and people by two people, through keeping/erasure.h, and legal holds.
//
// The model knows what must go: which streams, which texts of others speak of the person, which
// names are free afterwards. From the decision on no command reaches what goes; every second
// erasure is killed after one of its steps and finished by the next start (CR-04).
#include <algorithm>

#include "keeping/certificate.h"
#include "tests/sim/history.h"
#include "tests/sim/wrong.h"

namespace cartella::sim {

using fault::Kind;
using Standing = cases::OrganisationState::Erasure::Standing;

cases::CommandContext History::fresh_context(const OperatorId& actor) {
  cases::CommandContext context = fault::context_of(x_seed, next(Kind::look, {}, x_number));
  context.actor = actor;
  return context;
}

Status History::write_one(const OperatorId& actor, const cases::Command& command, EventId& id,
                          StreamId& stream, std::uint64_t count) {
  const cases::CommandContext context = fresh_context(actor);
  CARTELLA_TRY(const auto outcome, x_place->executor->execute(context, command));
  ++x_counts.commands;
  id = crypto::event_id_of(context.command_id, 0);
  stream = outcome.stream;
  if (outcome.receipt.duplicate) return wrong("a new command was taken for a duplicate");
  return take_over_new(count);
}

// A note in somebody's case that lists another person, or the same.
Status History::mention() {
  if (x_cases.empty()) return contest();
  const StreamId about = any(x_cases);
  const StreamId person = any(x_people);
  EventId id;
  StreamId note;
  const cases::RecordNote command{
      about, fault::kCanary, false, cases::kWorker, {x_subjects.at(person)}};
  CARTELLA_TRY(write_one(cases::kWorker, command, id, note));
  x_owners[note] = x_owners.at(about);
  x_kinds.emplace(note, Kind::note);
  x_mentions.push_back({x_events.size() - 1, note, person});
  return ok();
}

// A few people only: what is held is never erased.
Status History::hold() {
  if (x_held.size() >= 2 || x_people.size() < 3) return contest();
  const StreamId person = any(x_people);
  EventId id;
  StreamId stream;
  CARTELLA_TRY(write_one(
      cases::kWorker, cases::PlaceLegalHold{person, {}, "decreto", "tribunale", {}}, id, stream));
  x_held.insert(person);
  return ok();
}

History::Aim History::choose_aim() {
  Aim aim;
  std::vector<StreamId> items;
  for (const auto& [stream, kind] : x_kinds)
    if (!x_gone.contains(stream) && kind != Kind::person && kind != Kind::contested)
      items.push_back(stream);
  aim.is_person = items.empty() || fault::one_in(x_random, 2);
  aim.target = any(aim.is_person ? x_people : items);
  aim.owner = x_owners.at(aim.target);
  if (!aim.is_person) {
    aim.streams = {aim.target};
    return aim;
  }
  for (const auto& [stream, owner] : x_owners)
    if (owner == aim.target) aim.streams.insert(stream);
  for (const Mention& each : x_mentions)
    if (each.person == aim.target && !x_gone.contains(each.text) &&
        !aim.streams.contains(each.text))
      aim.mentions.insert(each.position);
  return aim;
}

Status History::check_extent(const Aim& aim) const {
  CARTELLA_TRY(const auto extent,
               keeping::dry_run_erasure(*x_place->log, *x_place->vault, *x_place->engine,
                                        cases::controller_of(cases::kEnte), aim.target));
  if (std::set<StreamId>(extent.streams.begin(), extent.streams.end()) != aim.streams)
    return wrong("the dry run names " + text(extent.streams.size()) + " streams instead of " +
                 text(aim.streams.size()));
  std::uint64_t events = 0;
  for (const StreamId& stream : aim.streams) events += x_streams.at(stream).size();
  if (extent.events != events) return wrong("the dry run counts other events");
  std::set<std::uint64_t> mentions;
  for (const keeping::Mention& each : extent.mentions) mentions.insert(each.position);
  if (mentions != aim.mentions) return wrong("the dry run finds other mentions");
  return ok();
}

Status History::propose(Aim& aim) {
  const cases::ProposeErasure command{aim.is_person ? "person" : "item",
                                      aim.target,
                                      "termine trascorso",
                                      {},
                                      {aim.mentions.begin(), aim.mentions.end()}};
  StreamId ignored;
  CARTELLA_TRY(write_one(cases::kWorker, command, aim.proposal, ignored));
  CARTELLA_TRY(must_fail(fresh_context(cases::kColleague), command, Errc::refused));
  const cases::DecideErasure own{
      aim.proposal, "erase", "", {aim.mentions.begin(), aim.mentions.end()}, {}};
  return must_fail(fresh_context(cases::kWorker), own, Errc::refused);
}

// What another person's hold protects does not go, whoever decides.
Status History::ask_for_held(const Aim& aim) {
  const bool any_held = std::ranges::any_of(x_mentions, [&](const Mention& each) {
    return aim.mentions.contains(each.position) && x_held.contains(x_owners.at(each.text));
  });
  if (!any_held) return ok();
  const cases::DecideErasure all{
      aim.proposal, "erase", "", {}, {aim.mentions.begin(), aim.mentions.end()}};
  return must_fail(fresh_context(cases::kColleague), all, Errc::refused);
}

Status History::decide(Aim& aim) {
  cases::DecideErasure command{aim.proposal, "erase", "", {}, {}};
  for (const Mention& each : x_mentions) {
    if (!aim.mentions.contains(each.position)) continue;
    const bool keeps = x_held.contains(x_owners.at(each.text)) || fault::one_in(x_random, 2);
    (keeps ? command.kept_mentions : command.erased_mentions).push_back(each.position);
    if (!keeps) aim.streams.insert(each.text);
  }
  CARTELLA_TRY(ask_for_held(aim));
  EventId id;
  StreamId ignored;
  if (fault::one_in(x_random, 6)) {
    command.outcome = "refuse";
    command.ground = "obbligo di conservazione";
    aim.streams.clear();
    return write_one(cases::kColleague, command, id, ignored);
  }
  const bool is_held = x_held.contains(aim.owner);
  CARTELLA_TRY(write_one(cases::kColleague, command, id, ignored, is_held ? 2 : 1));
  const auto standing = x_place->executor->organisation()->erasures.at(aim.proposal).standing;
  if (standing != (is_held ? Standing::restricted : Standing::erasing))
    return wrong("a legal hold and a decision do not go together");
  if (!is_held) return ok();
  ++x_counts.restricted;
  aim.streams.clear();
  return ok();
}

Status History::ask_for(const StreamId& gone) {
  switch (x_kinds.at(gone)) {
    case Kind::person:
    case Kind::contested: {
      const auto sent = next(Kind::opening, gone, x_number);
      return must_fail(fault::context_of(x_seed, sent), fault::command_of(sent), Errc::not_found);
    }
    case Kind::opening: {
      const auto sent = next(Kind::note, gone, x_number);
      return must_fail(fault::context_of(x_seed, sent), fault::command_of(sent), Errc::not_found);
    }
    case Kind::benefit: {
      const auto sent = next(Kind::delivery, gone, x_number);
      return must_fail(fault::context_of(x_seed, sent), fault::command_of(sent), Errc::not_found);
    }
    default:
      // A card or a text: nothing builds on it here but another proposal.
      return must_fail(fresh_context(cases::kWorker),
                       cases::ProposeErasure{"item", gone, "ancora", {}, {}}, Errc::not_found);
  }
}

// What the model knew of it; its place in the log stays.
void History::forget(const Aim& aim) {
  x_gone.insert(aim.streams.begin(), aim.streams.end());
  const auto is_gone = [&](const StreamId& stream) { return aim.streams.contains(stream); };
  std::erase_if(x_people, is_gone);
  std::erase_if(x_cases, is_gone);
  std::erase_if(x_benefits, is_gone);
  std::erase_if(x_owners, [&](const auto& each) { return is_gone(each.first); });
  std::erase_if(x_names, [&](const auto& each) { return is_gone(each.second); });
}

Status History::check_completed(const Aim& aim) const {
  const auto known = x_place->executor->organisation();
  const auto& erasure = known->erasures.at(aim.proposal);
  if (erasure.standing != Standing::completed) return wrong("an erasure is not completed");
  CARTELLA_TRY(const auto certificate,
               keeping::read_certificate(*x_place->log, aim.proposal, erasure));
  if (certificate.position + 1 != x_events.size())
    return wrong("the certificate names another position");
  return ok();
}

Status History::carry_out(const Aim& aim) {
  // After as many steps the process dies; six of them, so that one in four is not disturbed.
  const std::uint64_t last = fault::below(x_random, 8);
  std::uint64_t steps = 0;
  const auto watch = [&](const EventId&, keeping::ErasureStep) -> Status {
    if (steps++ == last) return fail(Errc::unavailable, "killed");
    return ok();
  };
  const auto done = keeping::finish_erasures(x_place->for_erasure(), watch);
  const bool is_killed = steps > last;
  if (!done && !is_killed) return done.error();
  if (is_killed) {
    CARTELLA_TRY(die());
  }
  CARTELLA_TRY(take_over_new(1));
  CARTELLA_TRY(check_completed(aim));
  return compare();
}

Status History::erase() {
  if (x_people.size() < 2) return contest();
  Aim aim = choose_aim();
  CARTELLA_TRY(check_extent(aim));
  CARTELLA_TRY(propose(aim));
  CARTELLA_TRY(decide(aim));
  if (aim.streams.empty()) return ok();
  ++(aim.is_person ? x_counts.people_erased : x_counts.items_erased);
  x_counts.mentions_erased +=
      static_cast<std::uint64_t>(std::ranges::count_if(x_mentions, [&](const Mention& each) {
        return aim.mentions.contains(each.position) && aim.streams.contains(each.text);
      }));
  CARTELLA_TRY(ask_for(aim.target));
  forget(aim);
  return carry_out(aim);
}

Status History::ask_erased() {
  std::vector<StreamId> gone;
  for (const StreamId& stream : x_gone)
    if (x_kinds.contains(stream)) gone.push_back(stream);
  return gone.empty() ? contest() : ask_for(any(gone));
}

}  // namespace cartella::sim
