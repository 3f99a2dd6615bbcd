#include "tests/fault/oracle.h"

#include <cstdio>
#include <set>
#include <unordered_map>

#include "cases/command_digests.h"
#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "crypto/merkle.h"
#include "store/verify.h"
#include "tests/support/canary.h"

namespace cartella::fault {
namespace {

// An answer that must not be: the store said something wrong, it did not merely fail.
constexpr std::string_view kWrong = "WRONG: ";
Error wrong(const std::string& what) { return fail(Errc::corrupt, std::string(kWrong) + what); }
std::string number(std::uint64_t value) { return std::to_string(value); }

// Everything that is in the log, in order.
struct Events {
  std::vector<Hash32> digests;
  std::vector<Hash32> leaves;
  std::vector<schema::LeafKind> kinds;
  std::vector<EventId> ids;
  std::map<EventId, std::uint64_t> positions;
  std::map<StreamId, std::vector<std::uint64_t>> streams;
};

class Oracle {
 public:
  Oracle(const Question& question, Installation& place, Tally& tally)
      : x_question(question),
        x_place(place),
        x_tally(tally),
        x_model(Model::read(question.notebook)) {}

  Status all() {
    CARTELLA_TRY(judge_once());
    if (x_question.resend) {
      CARTELLA_TRY(send_again());
      x_model = Model::read(x_question.notebook);
      CARTELLA_TRY(judge_once());
    }
    CARTELLA_TRY(check_verify());
    if (x_question.rebuild) {
      CARTELLA_TRY(check_views());
    }
    Notebook(x_question.notebook).judged(x_events.digests);
    return ok();
  }

 private:
  Status judge_once() {
    x_events = Events{};
    CARTELLA_TRY(read_events());
    CARTELLA_TRY(check_prefix());
    CARTELLA_TRY(check_commands());
    CARTELLA_TRY(check_nothing_else());
    CARTELLA_TRY(check_streams());
    return check_proofs();
  }

  // 2. Ordered and gap-free, each event chained to the one before it in its stream.
  Status read_events() {
    const std::uint64_t size = x_place.log->size();
    CARTELLA_TRY(x_place.log->scan(0, size, [this](const crypto::StoredEvent& event) -> Status {
      const std::uint64_t at = x_events.digests.size();
      const crypto::Leaf& leaf = event.leaf;
      if (leaf.position != at) return wrong("position " + number(at) + " holds another one");
      auto& stream = x_events.streams[leaf.stream_id];
      if (leaf.revision != stream.size()) return wrong("a gap of revisions at " + number(at));
      const Hash32 before = stream.empty() ? Hash32{} : x_events.leaves[stream.back()];
      if (leaf.previous_leaf_hash != before) return wrong("a broken chain at " + number(at));
      stream.push_back(at);
      x_events.digests.push_back(digest_of(event));
      x_events.leaves.push_back(crypto::leaf_hash(crypto::encode_leaf(leaf)));
      x_events.kinds.push_back(leaf.kind);
      x_events.ids.push_back(leaf.event_id);
      if (!x_events.positions.emplace(leaf.event_id, at).second)
        return wrong("an event id stands twice, at " + number(at));
      return ok();
    }));
    x_tally.judged_events += size;
    if (x_events.digests.size() != size) return wrong("the scan ended early without an error");
    return ok();
  }

  // 1. Durable: what was there at the last judgement is there, byte for byte.
  Status check_prefix() {
    if (x_model.digests.size() > x_events.digests.size())
      return wrong("LOST: the log had " + number(x_model.digests.size()) + " events, now " +
                   number(x_events.digests.size()));
    for (std::size_t i = 0; i < x_model.digests.size(); ++i)
      if (x_model.digests[i] != x_events.digests[i])
        return wrong("event " + number(i) + " changed");
    return ok();
  }

  // How many events of the command stand at its place; 0 where it is absent. 4. All or none.
  std::uint32_t events_of(const EventId& command, std::uint64_t& first) const {
    const auto at = x_events.positions.find(command);
    if (at == x_events.positions.end()) return 0;
    first = at->second;
    std::uint32_t count = 0;
    while (first + count < x_events.ids.size() &&
           x_events.ids[first + count] == crypto::event_id_of(command, count))
      ++count;
    return count;
  }

  Status check_acknowledged(const Fate& fate) const {
    const std::string name = "command " + number(fate.sent.number);
    if (fate.ack.first + fate.ack.count > x_events.digests.size())
      return wrong("LOST: " + name + " was acknowledged at " + number(fate.ack.first));
    if (fate.sent.kind != Kind::look) {
      std::uint64_t first = 0;
      const auto count = events_of(command_id(x_question.run_seed, fate.sent.number), first);
      if (count != fate.ack.count || first != fate.ack.first)
        return wrong("LOST: " + name + " is not where it was acknowledged");
    }
    if (!fate.ack.was_read) return ok();
    Bytes digests;
    for (std::uint32_t i = 0; i < fate.ack.count; ++i) {
      const Hash32& digest = x_events.digests[fate.ack.first + i];
      digests.insert(digests.end(), digest.begin(), digest.end());
    }
    if (crypto::sha256(digests) != fate.ack.digest)
      return wrong(name + " is not what was acknowledged");
    return ok();
  }

  Status check_commands() const {
    for (const auto& [id, fate] : x_model.commands) {
      if (fate.known == Known::acknowledged) {
        CARTELLA_TRY(check_acknowledged(fate));
        continue;
      }
      if (fate.sent.kind == Kind::look) continue;
      std::uint64_t first = 0;
      const auto count = events_of(command_id(x_question.run_seed, id), first);
      if (fate.known == Known::refused && count > 0)
        return wrong("command " + number(id) + " was refused and is there");
      if (fate.known == Known::unknown && count > 0 && count != whole_size(fate.sent))
        return wrong("TORN: command " + number(id) + " has " + number(count) + " events");
    }
    return ok();
  }
  static std::uint32_t whole_size(const Sent& sent) { return sent.kind == Kind::card ? 5 : 1; }

  // Nothing that nobody sent, and no single event of a command without its first.
  Status check_nothing_else() const {
    if (x_model.digests.empty()) return ok();  // the first judgement of all: no client has sent yet
    std::set<EventId> sent;
    std::size_t looks = 0;
    for (const auto& [id, fate] : x_model.commands) {
      if (fate.sent.kind == Kind::look) {
        ++looks;
        continue;
      }
      for (std::uint32_t i = 0; i < whole_size(fate.sent); ++i)
        sent.insert(crypto::event_id_of(command_id(x_question.run_seed, id), i));
    }
    for (std::size_t i = x_model.digests.size(); i < x_events.ids.size(); ++i) {
      if (sent.contains(x_events.ids[i])) continue;
      const auto kind = x_events.kinds[i];
      if (kind == schema::LeafKind::configuration) continue;  // the stream of a month of looks
      if (kind == schema::LeafKind::access && looks > 0) continue;
      return wrong("EXTRA: nobody sent event " + number(i));
    }
    std::size_t seen = 0;
    for (const auto kind : x_events.kinds) seen += kind == schema::LeafKind::access ? 1 : 0;
    if (seen > looks) return wrong("EXTRA: more looks than were asked for");
    return ok();
  }

  // 2. The streams hold the same events as the log, in the same order.
  Status check_streams() const {
    for (const auto& [stream, positions] : x_events.streams) {
      CARTELLA_TRY(const auto events, x_place.log->read_stream(stream, 0, positions.size() + 1));
      if (events.size() != positions.size()) return wrong("a stream has another length");
      for (std::size_t i = 0; i < events.size(); ++i)
        if (events[i].leaf.position != positions[i] ||
            digest_of(events[i]) != x_events.digests[positions[i]])
          return wrong("a stream holds another event than position " + number(positions[i]));
    }
    return ok();
  }

  // 3. Receipts prove against the new head, and every head that was handed out grows into it.
  Status check_proofs() const {
    const auto& key = x_place.log_key().public_key();
    const std::string& origin = x_place.log->origin();
    CARTELLA_TRY(const auto note, x_place.log->signed_checkpoint());
    CARTELLA_TRY(const auto head, crypto::open_checkpoint(note, origin, key));
    if (head.size != x_events.leaves.size()) return wrong("the head is not the size of the log");
    std::size_t tried = 0;
    for (auto fate = x_model.commands.rbegin(); fate != x_model.commands.rend(); ++fate) {
      if (fate->second.known != Known::acknowledged) continue;
      if (++tried > 24) break;
      const std::uint64_t at = fate->second.ack.first;
      CARTELLA_TRY(const auto proof, x_place.log->prove(at));
      if (proof.index != at ||
          !crypto::verify_inclusion(at, head.size, x_events.leaves[at], head.root, proof.hashes))
        return wrong("the receipt of position " + number(at) + " does not prove");
    }
    for (const std::string& text : x_model.heads) {
      CARTELLA_TRY(const auto old, crypto::open_checkpoint(text, origin, key));
      if (old.size > head.size) return wrong("LOST: a head was handed out beyond the end");
      if (old.size == 0) continue;
      CARTELLA_TRY(const auto growth, x_place.log->prove_growth(old.size));
      if (!crypto::verify_consistency(old.size, head.size, old.root, head.root, growth.hashes))
        return wrong("a head that was handed out is of another history");
    }
    return ok();
  }

  // 3. Every hash, signature and index, by the product's own verifier.
  Status check_verify() const {
    store::VerifyOptions options;
    options.threads = 1;
    CARTELLA_TRY(const auto report, store::verify_log(*x_place.log, options));
    if (report.is_sound()) return ok();
    return fail(Errc::corrupt, (x_question.may_refuse ? "" : std::string(kWrong)) +
                                   "verify: " + report.findings.front().detail);
  }

  // 5. Every view equals a rebuild from zero.
  Status check_views() const {
    CARTELLA_TRY(x_place.engine->catch_up());
    for (const auto& status : x_place.engine->statuses())
      if (status.faulted || status.cursor != x_events.digests.size())
        return wrong("the view " + status.name + " is not at the head: " + status.fault_detail);
    CARTELLA_TRY(const auto compared, x_place.engine->compare_all_with_rebuild());
    for (const auto& view : compared)
      if (!view.equal) return wrong("the view " + view.name + " is not what a rebuild gives");
    return ok();
  }

  // A command whose answer got lost has its first outcome, or is carried out now.
  Status send_again() {
    Notebook notebook(x_question.notebook);
    std::size_t known = 0;
    for (auto each = x_model.commands.rbegin(); each != x_model.commands.rend(); ++each) {
      const Fate& fate = each->second;
      if (fate.known == Known::refused) continue;
      if (fate.sent.kind == Kind::look) continue;
      if (fate.known == Known::acknowledged && ++known > 5) continue;
      std::uint64_t first = 0;
      const auto count = events_of(command_id(x_question.run_seed, fate.sent.number), first);
      const auto receipt = send(x_place, x_question.run_seed, fate.sent);
      ++x_tally.resent;
      const std::string name = "command " + number(fate.sent.number) + ", sent again, ";
      if (!receipt) {
        if (count > 0) return wrong(name + "fails: " + receipt.error().detail);
        if (!is_definite(receipt.error().code)) return receipt.error();
        notebook.refused(fate.sent.number, receipt.error());
        continue;
      }
      const store::Receipt& got = receipt.value();
      if (got.duplicate != (count > 0)) return wrong(name + "was taken for another");
      if (count > 0 && (got.first_position != first || got.event_count != count))
        return wrong(name + "has another outcome than the first time");
      if (fate.known == Known::unknown)
        notebook.acknowledged(fate.sent.number, {got.first_position, got.event_count, {}, false});
    }
    return ok();
  }

  const Question& x_question;
  Installation& x_place;
  Tally& x_tally;
  Model x_model;
  Events x_events;
};

int answer(const Question& question, const Error& error) {
  const bool is_wrong = error.detail.starts_with(kWrong);
  if (question.may_refuse && !is_wrong) return 10;
  std::fprintf(stderr, "%s%s (%s)\n", is_wrong ? "" : "WRONG: without a fault, ",
               error.detail.c_str(), std::string(errc_name(error.code)).c_str());
  return 1;
}

// 6. No text about a person in any file.
Status check_canaries(const Question& question) {
  const auto hits = tests::find_canaries(question.dir, {kCanary});
  if (hits.empty()) return ok();
  return wrong("a canary stands in " + hits.front().file.filename().string());
}

}  // namespace

int judge(const Question& question, Tally& tally) {
  JumpingClock clock;
  if (question.canaries) {
    if (const Status clean = check_canaries(question); !clean)
      return answer(question, clean.error());
  }
  Setting setting;
  setting.with_views = question.rebuild;
  auto opened = Installation::open(question.dir, clock, setting);
  if (!opened) return answer(question, opened.error());
  if (const Status holds = Oracle(question, *opened.value(), tally).all(); !holds)
    return answer(question, holds.error());
  const Status closed = opened.value()->close();
  return closed ? 0 : answer(question, closed.error());
}

namespace {

// What `verify` finds with the keys: a command that the index knows by another digest.
Result<bool> wrong_digest(const std::filesystem::path& dir) {
  JumpingClock clock;
  Setting setting;
  setting.with_views = false;
  CARTELLA_TRY(const auto opened, Installation::open(dir, clock, setting));
  CARTELLA_TRY(const auto wrong, cases::find_wrong_digest(*opened->log, *opened->vault));
  return wrong.has_value();
}

}  // namespace

int verify_closed(const std::filesystem::path& dir) {
  store::VerifyOptions options;
  options.threads = 1;
  options.store = store_options({});
  const auto report = store::verify_log(dir, options);
  if (report && !report.value().is_sound()) return 10;
  Error error = report ? Error{} : report.error();
  if (report) {
    const auto wrong = wrong_digest(dir);
    if (wrong) return wrong.value() ? 10 : 0;
    error = wrong.error();
  }
  if (error.code == Errc::corrupt || error.code == Errc::rollback) return 10;
  std::fprintf(stderr, "verify: %s\n", error.detail.c_str());
  return 1;
}

}  // namespace cartella::fault
