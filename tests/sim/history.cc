#include "tests/sim/history.h"

#include "cases/access_log.h"
#include "crypto/leaf.h"
#include "crypto/merkle.h"
#include "projections/decoded_event.h"
#include "store/verify.h"
#include "tests/fault/model.h"
#include "tests/sim/wrong.h"

namespace cartella::sim {
namespace {

using fault::Kind;
using fault::Sent;

std::uint32_t events_of(Kind kind) { return kind == Kind::card ? 5 : 1; }

cases::Command another_identifier(const StreamId& person, std::uint64_t number) {
  cases::AddIdentifier command;
  command.person = person;
  command.identifier = {
      cases::IdentifierKind::internal, "M" + text(number), "Ente di prova", {}, {}, false};
  return command;
}

}  // namespace

History::History(std::filesystem::path dir, std::uint64_t seed, Counts& counts)
    : x_dir(std::move(dir)), x_seed(seed), x_random(seed), x_counts(counts) {}

Status History::open() {
  CARTELLA_TRY(x_place, fault::Installation::open(x_dir, x_clock, {}));
  x_place->engine->start();
  CARTELLA_TRY(keeping::finish_erasures(x_place->for_erasure()));
  return ok();
}

Status History::run(std::size_t steps) {
  CARTELLA_TRY(open());
  CARTELLA_TRY(take_over(0, x_place->log->size()));
  for (std::size_t i = 0; i < steps; ++i)
    if (const Status done = step(); !done)
      return fail(done.error().code, "step " + text(i) + ": " + done.error().detail);
  CARTELLA_TRY(restart());
  CARTELLA_TRY(compare_views());
  return x_place->close();
}

Status History::step() {
  using fault::below;
  if (x_people.empty()) return succeed(Kind::person, {}, x_number);
  switch (below(x_random, 31)) {
    case 0:
    case 1: return succeed(Kind::person, {}, x_number);
    case 2:
    case 3:
    case 4: return succeed(Kind::card, any(x_people), x_number);
    case 5:
    case 6: return succeed(Kind::opening, any(x_people), x_number);
    case 7:
    case 8: return x_cases.empty() ? contest() : succeed(Kind::note, any(x_cases), x_number);
    case 9: return succeed(Kind::benefit, any(x_people), x_number);
    case 10:
    case 11:
      return x_benefits.empty() ? contest() : succeed(Kind::delivery, any(x_benefits), x_number);
    case 12:
    case 13:
    case 14: return contest();
    case 15:
    case 16: return repeat();
    case 17: return reuse_id();
    case 18: return expect_too_much();
    case 19: return expect_rightly();
    case 20: return ask_nobody();
    case 21: return look();
    case 22: return keep_house();
    case 23: return rotate();
    case 24:
    case 28: return mention();
    case 25: return hold();
    case 26: return erase();
    case 27: return ask_erased();
    default: return restart();
  }
}

StreamId History::any(const std::vector<StreamId>& streams) {
  return streams[fault::below(x_random, streams.size())];
}

Sent History::next(Kind kind, const StreamId& about, std::uint64_t tag) {
  Sent sent;
  sent.number = ++x_number;
  sent.kind = kind;
  sent.about = about;
  sent.tag = tag;
  return sent;
}

Status History::take_over(std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t at = first; at < end; ++at) {
    CARTELLA_TRY(const auto event, x_place->log->read(at));
    auto& stream = x_streams[event.leaf.stream_id];
    if (event.leaf.position != at || event.leaf.revision != stream.size())
      return wrong("the event at " + text(at) + " is not the next one of its stream");
    stream.push_back(at);
    x_events.push_back({fault::digest_of(event), crypto::leaf_hash(crypto::encode_leaf(event.leaf)),
                        event.leaf.stream_id});
    ++x_counts.events;
  }
  return ok();
}

Status History::take_over_new(std::uint64_t count) {
  const std::uint64_t size = x_place->log->size();
  if (size != x_events.size() + count)
    return wrong("the log ends at " + text(size) + " instead of " + text(x_events.size() + count));
  return take_over(x_events.size(), size);
}

Status History::succeed(Kind kind, const StreamId& about, std::uint64_t tag) {
  const Sent sent = next(kind, about, tag);
  CARTELLA_TRY(const auto outcome, x_place->executor->execute(fault::context_of(x_seed, sent),
                                                              fault::command_of(sent)));
  ++x_counts.commands;
  const store::Receipt& receipt = outcome.receipt;
  if (receipt.duplicate || receipt.first_position != x_events.size() ||
      receipt.event_count != events_of(kind))
    return wrong("command " + text(sent.number) + " of kind " + text(static_cast<unsigned>(kind)) +
                 ": " + text(receipt.event_count) + " events at " + text(receipt.first_position) +
                 ", the log ended at " + text(x_events.size()) +
                 (receipt.duplicate ? ", taken for a duplicate" : ""));
  if (receipt.event_count > 1) ++x_counts.groups;
  CARTELLA_TRY(take_over(receipt.first_position, receipt.first_position + receipt.event_count));
  x_done.push_back({sent, receipt, outcome.stream});
  if (kind == Kind::person || kind == Kind::contested) {
    x_people.push_back(outcome.stream);
    if (!x_names.emplace(kind == Kind::person ? sent.number : tag, outcome.stream).second)
      return wrong("an identifier was given twice");
  }
  if (kind == Kind::opening) x_cases.push_back(outcome.stream);
  if (kind == Kind::benefit) x_benefits.push_back(outcome.stream);
  const bool is_person = kind == Kind::person || kind == Kind::contested;
  const StreamId owner = is_person ? outcome.stream : x_owners.at(about);
  if (is_person) x_subjects[outcome.stream] = outcome.subject;
  x_kinds.emplace(outcome.stream, kind);
  for (std::uint32_t i = 0; i < receipt.event_count; ++i)
    x_owners[x_events[receipt.first_position + i].stream] = owner;
  return ok();
}

Status History::must_fail(const cases::CommandContext& context, const cases::Command& command,
                          Errc code) {
  const auto outcome = x_place->executor->execute(context, command);
  ++x_counts.refusals;
  if (outcome)
    return wrong("what had to be refused with " + std::string(errc_name(code)) +
                 " was carried out");
  if (outcome.error().code != code)
    return wrong("refused with " + std::string(errc_name(outcome.error().code)) + " instead of " +
                 std::string(errc_name(code)) + ": " + outcome.error().detail);
  if (x_place->log->size() != x_events.size()) return wrong("a refused command left events");
  return ok();
}

// A few identifiers that many want: the first has it, the others are told so.
Status History::contest() {
  const std::uint64_t name = 1'000'000 + fault::below(x_random, 4);
  if (!x_names.contains(name)) return succeed(Kind::contested, {}, name);
  const Sent sent = next(Kind::contested, {}, name);
  return must_fail(fault::context_of(x_seed, sent), fault::command_of(sent), Errc::refused);
}

// The same command under the same id has its first outcome.
Status History::repeat() {
  if (x_done.empty()) return ok();
  const Done& done = x_done[fault::below(x_random, x_done.size())];
  if (x_gone.contains(done.stream))
    return must_fail(fault::context_of(x_seed, done.sent), fault::command_of(done.sent),
                     Errc::erased);
  CARTELLA_TRY(const auto outcome, x_place->executor->execute(fault::context_of(x_seed, done.sent),
                                                              fault::command_of(done.sent)));
  ++x_counts.duplicates;
  if (!outcome.receipt.duplicate || outcome.stream != done.stream ||
      outcome.receipt.first_position != done.receipt.first_position ||
      outcome.receipt.event_count != done.receipt.event_count)
    return wrong("command " + text(done.sent.number) + " has another outcome the second time");
  if (x_place->log->size() != x_events.size()) return wrong("a repeated command left events");
  return ok();
}

// Another command under an id that was used.
Status History::reuse_id() {
  if (x_done.empty()) return ok();
  const Done& done = x_done[fault::below(x_random, x_done.size())];
  Sent other = done.sent;
  other.kind = Kind::card;
  other.about = any(x_people);
  other.tag = ++x_number;
  return must_fail(fault::context_of(x_seed, done.sent), fault::command_of(other),
                   x_gone.contains(done.stream) ? Errc::erased : Errc::idempotency_conflict);
}

// Whoever has not seen the last event of the stream is told so.
Status History::expect_too_much() {
  const StreamId person = any(x_people);
  const Sent sent = next(Kind::person, {}, x_number);
  cases::CommandContext context = fault::context_of(x_seed, sent);
  context.expected_revision = static_cast<std::int64_t>(x_streams[person].size());
  return must_fail(context, another_identifier(person, sent.number), Errc::conflict);
}

Status History::expect_rightly() {
  const StreamId person = any(x_people);
  const Sent sent = next(Kind::person, {}, x_number);
  cases::CommandContext context = fault::context_of(x_seed, sent);
  context.expected_revision = static_cast<std::int64_t>(x_streams[person].size()) - 1;
  CARTELLA_TRY(const auto outcome,
               x_place->executor->execute(context, another_identifier(person, sent.number)));
  ++x_counts.commands;
  if (outcome.receipt.first_position != x_events.size() || outcome.receipt.event_count != 1)
    return wrong("a command with the right expectation is not at the head");
  return take_over(x_events.size(), x_place->log->size());
}

Status History::ask_nobody() {
  StreamId nobody;
  nobody.bytes.fill(0xEE);
  store_be64(nobody.bytes.data(), x_random());
  const Sent sent = next(Kind::opening, nobody, x_number);
  return must_fail(fault::context_of(x_seed, sent), fault::command_of(sent), Errc::not_found);
}

// A look is one event of the month's stream; the first of a month begins the stream before it.
Status History::look() {
  const Sent sent = next(Kind::look, any(x_people), x_number);
  CARTELLA_TRY(const auto receipt, fault::send(*x_place, x_seed, sent));
  const std::uint64_t size = x_place->log->size();
  if (receipt.first_position + receipt.event_count != size || size > x_events.size() + 2 ||
      size == x_events.size())
    return wrong("a look was written otherwise than expected");
  return take_over(x_events.size(), size);
}

Status History::die() {
  ++x_counts.kills;
  x_place.reset();
  return open();
}

Status History::restart() {
  ++x_counts.restarts;
  // A clean end, or one without saying goodbye.
  if (fault::one_in(x_random, 2)) {
    CARTELLA_TRY(x_place->close());
  }
  x_place.reset();
  CARTELLA_TRY(open());
  return compare();
}

Status History::keep_house() {
  ++x_counts.flushes;
  CARTELLA_TRY(const auto head, x_place->log->signed_checkpoint());
  x_heads.push_back({head, x_place->log->log_key()});
  switch (fault::below(x_random, 4)) {
    case 0: return x_place->log->scrub_journal();
    case 1: return x_place->vault->remember();
    case 2: return x_place->log->publish();
    default: return x_place->log->flush();
  }
}

Status History::compare() {
  CARTELLA_TRY(compare_events());
  CARTELLA_TRY(compare_streams());
  CARTELLA_TRY(compare_commands());
  return compare_heads();
}

Status History::compare_events() const {
  if (x_place->log->size() != x_events.size())
    return wrong("the log has " + text(x_place->log->size()) + " events instead of " +
                 text(x_events.size()));
  return x_place->log->scan(0, x_events.size(), [this](const crypto::StoredEvent& event) {
    return compare_event(event);
  });
}

// Its texts can be read, or it was erased and nobody can; its leaf stands for ever.
Status History::compare_event(const crypto::StoredEvent& event) const {
  const std::uint64_t at = event.leaf.position;
  const Event& known = x_events.at(at);
  const bool is_gone = x_gone.contains(known.stream);
  if (crypto::leaf_hash(crypto::encode_leaf(event.leaf)) != known.leaf)
    return wrong("the leaf at " + text(at) + " is not what was written");
  CARTELLA_TRY(const auto shown,
               projections::decode_event(x_place->log->eras(), *x_place->vault, event));
  if (is_gone) {
    if (shown.readable || shown.stored_bytes != 0)
      return wrong("what was erased at " + text(at) + " is still there");
    return ok();
  }
  if (fault::digest_of(event) != known.digest)
    return wrong("the event at " + text(at) + " is not what was written");
  if (!shown.readable || shown.has_erased_body())
    return wrong("the event at " + text(at) + " cannot be read any more");
  return ok();
}

Status History::compare_streams() const {
  for (const auto& [stream, positions] : x_streams) {
    CARTELLA_TRY(const auto events, x_place->log->read_stream(stream, 0, positions.size() + 1));
    if (events.size() != positions.size()) return wrong("a stream has another length");
    for (std::size_t i = 0; i < events.size(); ++i)
      if (events[i].leaf.position != positions[i]) return wrong("a stream has another order");
    CARTELLA_TRY(const auto head, x_place->log->stream_head(stream));
    if (!head || head->position != positions.back()) return wrong("a stream has another head");
  }
  return ok();
}

Status History::compare_commands() const {
  for (const Done& done : x_done) {
    CARTELLA_TRY(const auto at,
                 x_place->log->position_of(fault::command_id(x_seed, done.sent.number)));
    if (at != done.receipt.first_position) return wrong("a command stands elsewhere");
  }
  return ok();
}

Status History::compare_heads() const {
  const std::string& origin = x_place->log->origin();
  CARTELLA_TRY(const auto note, x_place->log->signed_checkpoint());
  CARTELLA_TRY(const auto head,
               crypto::open_checkpoint(note, origin, x_place->log_key().public_key()));
  if (head.size != x_events.size()) return wrong("the head has another size");
  for (const Head& earlier : x_heads) {
    CARTELLA_TRY(const auto old, crypto::open_checkpoint(earlier.note, origin, earlier.key));
    CARTELLA_TRY(const auto growth, x_place->log->prove_growth(old.size));
    if (!crypto::verify_consistency(old.size, head.size, old.root, head.root, growth.hashes))
      return wrong("an earlier head does not grow into this one");
  }
  return ok();
}

Status History::compare_views() {
  store::VerifyOptions options;
  options.threads = 1;
  CARTELLA_TRY(const auto report, store::verify_log(*x_place->log, options));
  if (!report.is_sound()) return wrong("verify: " + report.findings.front().detail);
  CARTELLA_TRY(x_place->vault->verify());
  CARTELLA_TRY(x_place->engine->catch_up());
  CARTELLA_TRY(const auto compared, x_place->engine->compare_all_with_rebuild());
  for (const auto& view : compared)
    if (!view.equal) return wrong("the view " + view.name + " is not what a rebuild gives");
  return ok();
}

}  // namespace cartella::sim
