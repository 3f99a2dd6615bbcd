#include <algorithm>
#include <array>

#include "store/journal.h"
#include "store/journal_state.h"

namespace cartella::store {

// Makes the files agree with what opening found; every step can be repeated after a crash.
class JournalRepair {
 public:
  explicit JournalRepair(Journal::Impl& impl) : x_impl(impl), x_listed(impl.listed()) {}

  Status run() {
    CARTELLA_TRY(make_missing_segments());
    for (const Journal::Impl::Damage& damage : x_impl.damages) {
      CARTELLA_TRY(copy_record(1 - damage.copy, damage.copy, damage.place));
    }
    CARTELLA_TRY(zero_behind_end());
    // What the disk answered for the last record may have come from a cache that a crash loses.
    if (x_impl.last_record) {
      for (std::size_t i = 0; i < x_impl.copies.size(); ++i) {
        CARTELLA_TRY(copy_record(0, i, *x_impl.last_record));
      }
    }
    return relist();
  }

 private:
  Status make_missing_segments() {
    for (JournalCopy& copy : x_impl.copies) {
      CARTELLA_TRY(make_directories(copy.dir()));
      for (const SegmentEntry& entry : x_listed) {
        if (!copy.has(entry.number)) {
          CARTELLA_TRY(copy.create_segment(entry));
        }
      }
    }
    return ok();
  }

  Status copy_record(std::size_t from, std::size_t to, const RecordPlace& place) {
    Bytes bytes(place.bytes);
    CARTELLA_TRY(x_impl.copies[from].read(place.number, place.offset, bytes));
    const std::array<ByteView, 1> parts{ByteView(bytes)};
    return x_impl.copies[to].write(place.number, place.offset, parts);
  }

  Status zero_behind_end() {
    for (std::size_t i = 0; i < x_impl.copies.size(); ++i) {
      JournalCopy& copy = x_impl.copies[i];
      for (const LiveSegment& segment : x_impl.live) {
        const bool is_tail = &segment == &x_impl.live.back();
        if (!is_tail && !has_later(i, segment.entry)) continue;
        CARTELLA_TRY(copy.zero(segment.entry.number, segment.end, segment.entry.bytes));
      }
      for (const SegmentEntry& entry : x_impl.cut) {
        CARTELLA_TRY(copy.zero(entry.number, 0, entry.bytes));
      }
      for (const SegmentEntry& entry : x_impl.free) {
        if (has_later(i, entry)) {
          CARTELLA_TRY(copy.zero(entry.number, 0, entry.bytes));
        }
      }
      CARTELLA_TRY(remove_unlisted(copy));
    }
    return ok();
  }

  // A file that was being made when the process died, or that an older list does not know.
  Status remove_unlisted(JournalCopy& copy) {
    CARTELLA_TRY(const auto numbers, copy.segment_numbers());
    for (const std::uint32_t number : numbers) {
      const bool is_listed =
          std::any_of(x_listed.begin(), x_listed.end(),
                      [number](const SegmentEntry& entry) { return entry.number == number; });
      if (!is_listed) {
        CARTELLA_TRY(copy.remove_segment(number));
      }
    }
    return ok();
  }

  Status relist() {
    for (SegmentEntry& entry : x_impl.cut) {
      entry.live = false;
      x_impl.free.push_back(entry);
    }
    x_impl.cut.clear();
    x_impl.damages.clear();
    x_impl.later.clear();
    return x_impl.write_list();
  }

  bool has_later(std::size_t copy, const SegmentEntry& entry) const {
    return x_impl.later.contains({copy, entry.number});
  }

  Journal::Impl& x_impl;
  std::vector<SegmentEntry> x_listed;
};

Status Journal::resume() {
  Impl& impl = *x_impl;
  if (impl.is_writable || impl.stopped) return impl.check_writable();
  CARTELLA_TRY(impl.stop_on(JournalRepair(impl).run()));
  impl.is_writable = true;
  return ok();
}

}  // namespace cartella::store
