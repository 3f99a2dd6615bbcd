#include "proofs/bundle_write.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

#include "crypto/merkle.h"
#include "proofs/bundle_tree.h"
#include "schema/event_types.h"
#include "store/stored_checkpoints.h"

namespace cartella::proofs {

namespace {

constexpr std::uint64_t kScanEvents = 1024;  // between two looks at what else is due

// The second line of a note that the store itself signed.
std::uint64_t size_of_note(std::string_view note) {
  const std::size_t start = note.find('\n') + 1;
  std::uint64_t size = 0;
  std::from_chars(note.data() + start, note.data() + note.size(), size);
  return size;
}

bool holds(const crypto::StoredEvent& event, schema::EventType type) {
  const std::uint64_t schema_id = schema::find_type(type)->schema_id;
  return std::ranges::any_of(event.body.segments, [&](const Bytes& stored) {
    const auto opened = crypto::open_clear_segment(stored);
    return opened && opened.value().plaintext.schema_id == schema_id;
  });
}

class BundleWrite {
 public:
  BundleWrite(const store::Store& store, const BundleRequest& request,
              const FrameWriter::Sink& sink)
      : x_store(store), x_request(request), x_writer(sink) {}

  Result<BundleWritten> run() {
    CARTELLA_TRY(x_newest, x_store.signed_checkpoint());
    x_written.size = size_of_note(x_newest);
    x_written.from = x_request.from;
    x_written.to = x_request.to.value_or(x_written.size);
    CARTELLA_TRY(check_range());
    CARTELLA_TRY(choose_anchors());
    CARTELLA_TRY(x_writer.begin());
    CARTELLA_TRY(x_writer.frame(FrameType::header, encode_header({x_request.log_key, x_written.from,
                                                                  x_written.to, x_written.size})));
    if (!x_request.policy.empty()) {
      CARTELLA_TRY(x_writer.frame(FrameType::policy, as_bytes(x_request.policy)));
    }
    CARTELLA_TRY(write_checkpoint(x_written.size, x_newest));
    CARTELLA_TRY(write_outside(0, x_written.from, x_written.earlier));
    CARTELLA_TRY(write_nodes(x_written.from));
    CARTELLA_TRY(write_events());
    CARTELLA_TRY(write_outside(x_written.to, x_written.size, x_written.later));
    CARTELLA_TRY(write_behind());
    CARTELLA_TRY(x_writer.end());
    x_written.bytes = x_writer.bytes();
    return x_written;
  }

 private:
  Status check_range() const {
    if (x_written.to > x_written.size || x_written.from >= x_written.size)
      return fail(Errc::not_found, "il checkpoint più recente arriva alla dimensione " +
                                       std::to_string(x_written.size));
    if (x_written.from >= x_written.to)
      return fail(Errc::invalid_argument, "l'intervallo di posizioni è vuoto");
    if (x_written.to - x_written.from > kBundleEventsMax)
      return fail(Errc::invalid_argument, "un fascicolo ha al più " +
                                              std::to_string(kBundleEventsMax) +
                                              " eventi: farne più di uno");
    // Who signed the first events is said by the others of their call.
    CARTELLA_TRY(const auto first, x_store.read(0));
    std::uint32_t begun = 1;
    for (; begun < x_store.size(); ++begun) {
      CARTELLA_TRY(const auto next, x_store.read(begun));
      if (next.leaf.event_id != crypto::event_id_of(first.leaf.event_id, begun)) break;
    }
    if (x_written.to < begun)
      return fail(Errc::invalid_argument,
                  "un fascicolo arriva almeno alla posizione " + std::to_string(begun));
    return ok();
  }

  // Which anchors lie in the range, and behind it the newest. Not those of a history that was given
  // up by an era since.
  Status choose_anchors() {
    if (x_request.anchors == nullptr) return ok();
    CARTELLA_TRY(x_anchored, x_request.anchors->sizes());
    for (auto size = x_anchored.rbegin(); size != x_anchored.rend() && x_behind == 0; ++size) {
      if (*size >= x_written.size) continue;
      if (*size <= x_written.to) break;
      CARTELLA_TRY(const auto anchor, find_anchor(*size));
      if (anchor) x_behind = *size;
    }
    std::erase_if(x_anchored, [this](std::uint64_t size) { return !is_in_range(size); });
    return ok();
  }
  // The checkpoints of trees of `from` to `to` events, both included: those that are stored, and
  // those that only an anchor holds, whose note is empty here. The newest is none of them.
  Result<std::map<std::uint64_t, std::string>> checkpoints_of(std::uint64_t from,
                                                              std::uint64_t to) const {
    std::map<std::uint64_t, std::string> notes;
    CARTELLA_TRY(auto stored, store::stored_checkpoints(x_store, from, to));
    for (store::StoredCheckpoint& each : stored)
      if (each.size < x_written.size) notes.emplace(each.size, std::move(each.note));
    const auto first = std::ranges::lower_bound(x_anchored, from);
    for (auto size = first; size != x_anchored.end() && *size <= to; ++size)
      notes.try_emplace(*size);
    return notes;
  }
  // Nothing where it is of another tree, or beyond this one.
  Result<std::optional<Anchor>> find_anchor(std::uint64_t size) const {
    if (x_request.anchors == nullptr || size == 0 || size > x_written.size)
      return std::optional<Anchor>();
    CARTELLA_TRY(auto anchor, x_request.anchors->find(size));
    const auto checkpoint = anchor ? crypto::read_checkpoint(anchor->note)
                                   : Result<crypto::Checkpoint>(fail(Errc::not_found, ""));
    if (!checkpoint || checkpoint.value().size != size) return std::optional<Anchor>();
    CARTELLA_TRY(const Hash32 root, x_store.root_at(size));
    if (checkpoint.value().root != root) anchor.reset();
    return anchor;
  }
  bool is_in_range(std::uint64_t size) const {
    return size > x_written.from && size <= x_written.to && size < x_written.size;
  }

  // With what outsiders said of it; their note is the log's own with lines added.
  Status write_checkpoint(std::uint64_t size, const std::string& note) {
    BundleCheckpoint checkpoint{note, {}};
    CARTELLA_TRY(auto anchor, find_anchor(size));
    if (anchor) {
      checkpoint.note = std::move(anchor->note);
      checkpoint.time_stamps = std::move(anchor->time_stamps);
      if (checkpoint.time_stamps.size() > kTimeStampsMax)
        checkpoint.time_stamps.resize(kTimeStampsMax);
    }
    if (checkpoint.note.empty()) return ok();  // the anchor went meanwhile
    ++x_written.checkpoints;
    return x_writer.frame(FrameType::checkpoint, encode_checkpoint(checkpoint));
  }

  // Key events of positions outside the range, and each genesis: who signs the checkpoints behind
  // it is said there.
  Status write_outside(std::uint64_t from, std::uint64_t to, std::uint64_t& count) {
    return x_store.scan(from, to, [&](const crypto::StoredEvent& event) -> Status {
      const bool is_wanted =
          event.leaf.kind == schema::LeafKind::key ||
          (event.leaf.kind == schema::LeafKind::schema && holds(event, schema::EventType::genesis));
      if (!is_wanted) return ok();
      OutsideEvent outside{bundle_event(event), {}};
      if (x_written.earlier + x_written.later == x_request.outside_max)
        return fail(Errc::invalid_argument, "un fascicolo porta al più " +
                                                std::to_string(x_request.outside_max) +
                                                " eventi sulle chiavi fuori dal suo tratto");
      CARTELLA_TRY(outside.proof,
                   crypto::inclusion_proof(event.leaf.position, x_written.size, reader()));
      ++count;
      return x_writer.frame(FrameType::outside, encode_outside(outside));
    });
  }

  crypto::HashReader reader() const {
    return [this](std::uint32_t level, std::uint64_t index) {
      return x_store.subtree_hash(level, index);
    };
  }

  Status write_nodes(std::uint64_t to) {
    if (to == x_size) return ok();
    BundleNodes nodes{to, {}};
    for (const Subtree& subtree : cover(x_size, to)) {
      CARTELLA_TRY(const auto hash, x_store.subtree_hash(subtree.level, subtree.index));
      nodes.hashes.push_back(hash);
    }
    x_size = to;
    return x_writer.frame(FrameType::nodes, encode_nodes(nodes));
  }

  Status write_events() {
    while (x_size < x_written.to) {
      const std::uint64_t until = std::min(x_size + kScanEvents, x_written.to);
      CARTELLA_TRY(const auto due, checkpoints_of(x_size + 1, until));
      for (const auto& [size, note] : due) {
        CARTELLA_TRY(write_events_to(size));
        CARTELLA_TRY(write_checkpoint(size, note));
      }
      CARTELLA_TRY(write_events_to(until));
    }
    return ok();
  }
  Status write_events_to(std::uint64_t to) {
    CARTELLA_TRY(x_store.scan(x_size, to, [&](const crypto::StoredEvent& event) {
      return x_writer.frame(FrameType::event, encode_event(bundle_event(event)));
    }));
    x_size = to;
    return ok();
  }

  Status write_behind() {
    if (x_behind > 0) {
      CARTELLA_TRY(write_nodes(x_behind));
      CARTELLA_TRY(auto stored, store::stored_checkpoints(x_store, x_behind, x_behind));
      CARTELLA_TRY(write_checkpoint(x_behind, stored.empty() ? "" : stored.front().note));
    }
    return write_nodes(x_written.size);
  }

  const store::Store& x_store;
  const BundleRequest& x_request;
  FrameWriter x_writer;
  std::string x_newest;
  std::vector<std::uint64_t> x_anchored;  // sizes in the range that anchors are kept of, ascending
  std::uint64_t x_behind = 0;             // that of the anchor behind the range; 0: none
  std::uint64_t x_size = 0;               // that the walk has reached
  BundleWritten x_written;
};

}  // namespace

BundleEvent bundle_event(const crypto::StoredEvent& event) {
  BundleEvent out;
  out.leaf = crypto::encode_leaf(event.leaf);
  out.stubs = event.body.stubs;
  if (!has_clear_body(event.leaf.kind)) return out;
  for (const Bytes& stored : event.body.segments) {
    const bool is_clear = !stored.empty() && stored[0] == 0;  // the algorithm
    out.segments.push_back(is_clear ? stored : Bytes());
  }
  return out;
}

Result<BundleWritten> write_bundle(const store::Store& store, const BundleRequest& request,
                                   const FrameWriter::Sink& sink) {
  return BundleWrite(store, request, sink).run();
}

}  // namespace cartella::proofs
