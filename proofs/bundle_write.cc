#include "proofs/bundle_write.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "crypto/merkle.h"
#include "proofs/bundle_tree.h"
#include "schema/event_types.h"

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
    CARTELLA_TRY(choose_checkpoints());
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

  // The stored ones of the range, and behind it the newest that somebody outside has anchored.
  Status choose_checkpoints() {
    CARTELLA_TRY(auto notes, x_store.stored_checkpoints());
    std::map<std::uint64_t, std::string> by_size;
    for (std::string& note : notes) {
      const std::uint64_t size = size_of_note(note);
      by_size.emplace(size, std::move(note));
    }
    std::uint64_t behind = 0;
    if (x_request.anchors != nullptr) {
      CARTELLA_TRY(const auto anchored, anchored_sizes());
      for (const std::uint64_t size : anchored)
        if (size > x_written.to && size < x_written.size) behind = size;
      for (const std::uint64_t size : anchored)
        if (is_in_range(size) || size == behind) x_checkpoints.emplace(size, std::string());
    }
    for (auto& [size, note] : by_size)
      if (is_in_range(size) || size == behind) x_checkpoints[size] = std::move(note);
    return ok();
  }
  // Not those of a history that was given up by an era since.
  Result<std::vector<std::uint64_t>> anchored_sizes() const {
    CARTELLA_TRY(const auto sizes, x_request.anchors->sizes());
    std::vector<std::uint64_t> own;
    for (const std::uint64_t size : sizes) {
      CARTELLA_TRY(const auto anchor, find_anchor(size));
      if (anchor) own.push_back(size);
    }
    return own;
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
    auto due = x_checkpoints.begin();
    while (x_size < x_written.to) {
      std::uint64_t until = std::min(x_size + kScanEvents, x_written.to);
      if (due != x_checkpoints.end()) until = std::min(until, due->first);
      CARTELLA_TRY(x_store.scan(x_size, until, [&](const crypto::StoredEvent& event) {
        return x_writer.frame(FrameType::event, encode_event(bundle_event(event)));
      }));
      x_size = until;
      if (due != x_checkpoints.end() && due->first == x_size) {
        CARTELLA_TRY(write_checkpoint(due->first, due->second));
        ++due;
      }
    }
    return ok();
  }

  Status write_behind() {
    const auto behind = x_checkpoints.upper_bound(x_written.to);
    if (behind != x_checkpoints.end()) {
      CARTELLA_TRY(write_nodes(behind->first));
      CARTELLA_TRY(write_checkpoint(behind->first, behind->second));
    }
    return write_nodes(x_written.size);
  }

  const store::Store& x_store;
  const BundleRequest& x_request;
  FrameWriter x_writer;
  std::string x_newest;
  std::map<std::uint64_t, std::string> x_checkpoints;  // by size; the newest is none of them
  std::uint64_t x_size = 0;                            // that the walk has reached
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
