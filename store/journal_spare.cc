// Segments that are made ahead of need, so that no commit waits for 64 MiB of zeros.
#include <algorithm>
#include <system_error>

#include "store/journal.h"
#include "store/journal_state.h"

namespace cartella::store {

namespace {

// Late enough that a log of a few events makes none, early enough that the rest of the segment
// takes longer to fill than the next one to make.
constexpr std::uint64_t kAskedAtPart = 4;
// Segments that must find room beside it: a spare never brings a full disk nearer.
constexpr std::uint64_t kRoomInSegments = 8;

Status check_room(const std::filesystem::path& dir, std::uint64_t segment_bytes) {
  std::error_code error;
  const auto space = std::filesystem::space(dir, error);
  if (error) return fail(Errc::io, "space of " + dir.string() + ": " + error.message());
  if (space.available < kRoomInSegments * segment_bytes)
    return fail(Errc::out_of_space, "no room for a spare segment");
  return ok();
}

}  // namespace

Status make_spare(const SpareSegment& spare, const std::function<bool()>& go_on) {
  const Status made = [&]() -> Status {
    for (const std::filesystem::path& path : spare.files) {
      CARTELLA_TRY(check_room(path.parent_path(), spare.bytes));
      const auto file = make_zero_file(path, spare.bytes, go_on);
      if (!file) return file.error();
      CARTELLA_TRY(fsync_dir(path.parent_path()));
    }
    return ok();
  }();
  std::error_code ignored;  // what stays is removed by the next start
  if (!made)
    for (const std::filesystem::path& path : spare.files) std::filesystem::remove(path, ignored);
  return made;
}

std::optional<SpareSegment> Journal::wanted_spare() {
  Impl& impl = *x_impl;
  const LiveSegment& present = impl.live.back();
  if (impl.spare_asked || !impl.free.empty() || present.end < present.entry.bytes / kAskedAtPart)
    return std::nullopt;
  impl.spare_asked = true;
  SpareSegment spare;
  spare.number = impl.next_number();
  spare.bytes = impl.options.segment_bytes;
  for (const JournalCopy& copy : impl.copies)
    spare.files.push_back(copy.segment_path(spare.number));
  impl.spare_number = spare.number;
  return spare;
}

Status Journal::adopt_spare(const SpareSegment& spare) {
  Impl& impl = *x_impl;
  CARTELLA_TRY(impl.check_writable());
  SegmentEntry entry;
  entry.number = spare.number;
  entry.bytes = spare.bytes;
  const bool is_sound = std::ranges::none_of(
      impl.copies, [&](JournalCopy& copy) { return copy.attach(entry).has_value(); });
  if (is_sound) impl.free.push_back(entry);
  return ok();
}

}  // namespace cartella::store
