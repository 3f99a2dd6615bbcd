#include <algorithm>
#include <array>

#include "store/journal.h"
#include "store/journal_state.h"

namespace cartella::store {
namespace {

constexpr std::uint64_t kWindowBytes = 1u << 20;

std::string positions(std::uint64_t from, const SegmentEntry* next) {
  if (next == nullptr) return "positions from " + std::to_string(from) + " on";
  return "positions " + std::to_string(from) + " to " + std::to_string(next->base.size) +
         " (not included)";
}

// Of several lists the newest one counts: the others missed its change.
Result<SegmentList> choose_list(const std::vector<JournalCopy>& copies, const LogId& log) {
  std::optional<SegmentList> best;
  std::optional<Error> worst;
  for (const JournalCopy& copy : copies) {
    Result<SegmentList> list = copy.read_list(log);
    if (!list) {
      if (list.error().code == Errc::invalid_argument) return list;
      if (!worst || worst->code == Errc::not_found) worst = list.error();
      continue;
    }
    if (!best || list.value().epoch > best->epoch) best = std::move(list).value();
  }
  if (best) return *std::move(best);
  return *std::move(worst);
}

// The list may be gone while segments are not: that is damage, not an absent journal.
Error explain_missing_list(const std::vector<JournalCopy>& copies, Error error) {
  if (error.code != Errc::not_found) return error;
  for (const JournalCopy& copy : copies) {
    const auto numbers = copy.segment_numbers();
    if (numbers && !numbers.value().empty()) {
      return fail(Errc::corrupt, copy.list_path().string() + " is missing, all positions");
    }
  }
  return error;
}

}  // namespace

// Walks the chain through the live segments, then looks for records behind its end.
class JournalScanner {
 public:
  JournalScanner(Journal::Impl& impl, JournalScan& scan,
                 const std::function<Status(const JournalRecord&)>& each)
      : x_impl(impl), x_scan(scan), x_each(each) {}

  Status attach(const SegmentList& list);
  Status walk();
  Status search_later();

 private:
  // A record as one copy has it: bytes in `buffer`.
  Result<std::optional<JournalRecord>> read_copy(const JournalCopy& copy, const SegmentEntry& entry,
                                                 std::uint64_t offset, Bytes& buffer);
  // The record that must stand at this place, from the first copy that has it.
  Result<std::optional<JournalRecord>> read_place(const SegmentEntry& entry, std::uint64_t offset);
  void compare_mirror(const RecordPlace& place);
  Status walk_segment(LiveSegment& segment);
  Status search(std::size_t copy, const SegmentEntry& entry, std::uint64_t from);
  void note_later(std::uint64_t seq, std::uint64_t size);

  Journal::Impl& x_impl;
  JournalScan& x_scan;
  const std::function<Status(const JournalRecord&)>& x_each;
  std::array<Bytes, 2> x_buffers;
  std::uint64_t x_end_generation = 0;
};

Status JournalScanner::attach(const SegmentList& list) {
  for (std::size_t i = 0; i < list.entries.size(); ++i) {
    const SegmentEntry& entry = list.entries[i];
    std::string faults;
    bool is_there = false;
    for (JournalCopy& copy : x_impl.copies) {
      const std::optional<std::string> fault = copy.attach(entry);
      if (fault) faults += (faults.empty() ? "" : "; ") + *fault;
      is_there = is_there || !fault;
    }
    if (!entry.live) {
      x_impl.free.push_back(entry);  // it holds nothing: resume makes it again
      continue;
    }
    if (!is_there) {
      const bool has_next = i + 1 < list.entries.size() && list.entries[i + 1].live;
      return fail(
          Errc::corrupt,
          faults + ": " + positions(entry.base.size, has_next ? &list.entries[i + 1] : nullptr));
    }
    x_impl.live.push_back({entry, 0});
  }
  return ok();
}

Result<std::optional<JournalRecord>> JournalScanner::read_copy(const JournalCopy& copy,
                                                               const SegmentEntry& entry,
                                                               std::uint64_t offset,
                                                               Bytes& buffer) {
  buffer.resize(kJournalPageBytes);
  CARTELLA_TRY(copy.read(entry.number, offset, buffer));
  const std::uint64_t extent = record_extent(buffer);
  if (extent == 0 || offset + extent > entry.bytes) return std::optional<JournalRecord>();
  buffer.resize(extent);
  CARTELLA_TRY(copy.read(entry.number, offset + kJournalPageBytes,
                         std::span(buffer).subspan(kJournalPageBytes)));
  return decode_record(x_impl.log, buffer);
}

void JournalScanner::compare_mirror(const RecordPlace& place) {
  if (x_impl.copies.size() < 2) return;
  x_buffers[1].resize(place.bytes);
  const Status read_status = x_impl.copies[1].read(place.number, place.offset, x_buffers[1]);
  if (!read_status || x_buffers[1] != x_buffers[0]) x_impl.damages.push_back({1, place});
}

Result<std::optional<JournalRecord>> JournalScanner::read_place(const SegmentEntry& entry,
                                                                std::uint64_t offset) {
  std::optional<Error> unreadable;
  for (std::size_t i = 0; i < x_impl.copies.size(); ++i) {
    const auto read = read_copy(x_impl.copies[i], entry, offset, x_buffers[i]);
    if (!read) {
      // A copy that is not there is a damaged one; a disk that fails to read may still have it.
      if (read.error().code != Errc::not_found && !unreadable) unreadable = read.error();
      continue;
    }
    if (!read.value() || !continues_chain(x_impl.end, entry.generation, *read.value())) continue;
    const RecordPlace place{entry.number, offset, x_buffers[i].size()};
    if (i == 0) {
      compare_mirror(place);
    } else {
      ++x_scan.healed;
      x_impl.damages.push_back({0, place});
    }
    return read.value();
  }
  if (unreadable) return *unreadable;
  return std::optional<JournalRecord>();
}

Status JournalScanner::walk_segment(LiveSegment& segment) {
  while (segment.end < segment.entry.bytes) {
    CARTELLA_TRY(const auto record, read_place(segment.entry, segment.end));
    if (!record) break;
    CARTELLA_TRY(x_each(*record));
    if (x_scan.records++ == 0) x_scan.first_seq = record->seq;
    const std::uint64_t bytes = record_bytes_padded(record->payload.size());
    x_impl.last_record = RecordPlace{segment.entry.number, segment.end, bytes};
    x_impl.end = point_after(*record);
    x_end_generation = record->generation;
    segment.end += bytes;
  }
  return ok();
}

Status JournalScanner::walk() {
  x_impl.end = x_impl.live.front().entry.base;
  x_scan.oldest_position = x_impl.end.size;
  std::size_t count = 0;
  for (LiveSegment& segment : x_impl.live) {
    const ChainPoint& base = segment.entry.base;
    if (base.seq != x_impl.end.seq || base.hash != x_impl.end.hash) break;
    CARTELLA_TRY(walk_segment(segment));
    ++count;
  }
  for (std::size_t i = count; i < x_impl.live.size(); ++i) {
    x_impl.cut.push_back(x_impl.live[i].entry);
    note_later(x_impl.live[i].entry.base.seq, x_impl.live[i].entry.base.size);
  }
  x_impl.live.resize(count);
  x_scan.chain_seq = x_impl.end.seq;
  x_scan.chain_end = x_impl.end.size;
  x_scan.chain_root = x_impl.end.root;
  return ok();
}

void JournalScanner::note_later(std::uint64_t seq, std::uint64_t size) {
  if (seq <= x_impl.end.seq || seq <= x_scan.highest_later_seq) return;
  x_scan.highest_later_seq = seq;
  x_scan.highest_later_size = size;
  x_scan.first_missing_position = x_impl.end.size;
}

Status JournalScanner::search(std::size_t copy_index, const SegmentEntry& entry,
                              std::uint64_t from) {
  const JournalCopy& copy = x_impl.copies[copy_index];
  Bytes window;
  for (std::uint64_t at = from; at < entry.bytes; at += kWindowBytes) {
    window.resize(std::min(kWindowBytes, entry.bytes - at));
    CARTELLA_TRY(copy.read(entry.number, at, window));
    for (std::uint64_t page = 0; page < window.size(); page += kJournalPageBytes) {
      const ByteView first = ByteView(window).subspan(page, kJournalPageBytes);
      if (record_extent(first) == 0) continue;
      CARTELLA_TRY(const auto record, read_copy(copy, entry, at + page, x_buffers[0]));
      if (!record || record->seq <= x_impl.end.seq) continue;  // torn or stale
      if (record->generation < x_end_generation) continue;     // stale
      note_later(record->seq, record->new_size);
      x_impl.later.emplace(copy_index, entry.number);
    }
  }
  return ok();
}

Status JournalScanner::search_later() {
  for (std::size_t i = 0; i < x_impl.copies.size(); ++i) {
    JournalCopy& copy = x_impl.copies[i];
    std::vector<LiveSegment> places = x_impl.live;
    for (const SegmentEntry& entry : x_impl.cut) places.push_back({entry, 0});
    for (const SegmentEntry& entry : x_impl.free) places.push_back({entry, 0});
    CARTELLA_TRY(const auto numbers, copy.segment_numbers());
    for (const std::uint32_t number : numbers) {
      if (std::any_of(places.begin(), places.end(),
                      [&](const LiveSegment& place) { return place.entry.number == number; })) {
        continue;
      }
      SegmentEntry unlisted;
      unlisted.number = number;
      std::error_code error;
      const std::uint64_t bytes = std::filesystem::file_size(copy.segment_path(number), error);
      if (error) continue;
      unlisted.bytes = bytes;
      if (copy.attach(unlisted)) continue;
      unlisted.bytes = bytes / kJournalPageBytes * kJournalPageBytes;
      places.push_back({unlisted, 0});
    }
    for (const LiveSegment& place : places) {
      if (!copy.has(place.entry.number)) continue;
      Status searched = search(i, place.entry, place.end);
      // The mirror only adds; what cannot be read in the journal itself must not be passed over.
      if (!searched && i == 0) return searched;
    }
  }
  return ok();
}

Result<std::unique_ptr<Journal>> Journal::open(
    const std::filesystem::path& dir, const LogId& log, const JournalOptions& options,
    JournalScan& scan, const std::function<Status(const JournalRecord&)>& each) {
  CARTELLA_TRY(check_journal_options(options));
  scan = JournalScan{};
  auto impl = std::make_unique<Impl>();
  impl->log = log;
  impl->options = options;
  impl->copies = journal_copies(dir, options);
  Result<SegmentList> list = choose_list(impl->copies, log);
  if (!list) return explain_missing_list(impl->copies, std::move(list).error());
  impl->epoch = list.value().epoch;
  impl->generation_max = list.value().generation_max;
  JournalScanner scanner(*impl, scan, each);
  CARTELLA_TRY(scanner.attach(list.value()));
  CARTELLA_TRY(scanner.walk());
  CARTELLA_TRY(scanner.search_later());
  return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

}  // namespace cartella::store
