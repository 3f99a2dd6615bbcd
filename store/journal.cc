#include "store/journal.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/hash.h"
#include "store/journal_record.h"
#include "store/journal_state.h"

namespace cartella::store {
namespace {

constexpr std::uint64_t kSegmentBytesMin = 1u << 20;
constexpr std::array<std::uint8_t, kJournalPageBytes> kZeroPage{};

FileOps& default_file_ops() {
  static FileOps ops;  // has no state
  return ops;
}

}  // namespace

Status check_journal_options(const JournalOptions& options) {
  if (options.segment_bytes < kSegmentBytesMin || options.segment_bytes % kJournalPageBytes != 0) {
    return fail(Errc::invalid_argument,
                "a journal segment is a multiple of 4096 bytes, at least 1 MiB");
  }
  return ok();
}

std::vector<JournalCopy> journal_copies(const std::filesystem::path& dir,
                                        const JournalOptions& options) {
  FileOps& ops = options.file_ops != nullptr ? *options.file_ops : default_file_ops();
  std::vector<JournalCopy> copies;
  copies.emplace_back(dir / "journal", ops);
  if (!options.mirror_dir.empty()) copies.emplace_back(options.mirror_dir, ops);
  return copies;
}

Status Journal::Impl::stop_on(Status status) {
  if (!status && !stopped) stopped = status.error();
  return status;
}

Status Journal::Impl::check_writable() const {
  CHECK(is_writable || stopped);
  if (!stopped) return ok();
  return fail(Errc::io, "the journal stopped after an earlier failure: " + stopped->detail);
}

std::vector<SegmentEntry> Journal::Impl::listed() const {
  std::vector<SegmentEntry> entries;
  entries.reserve(live.size() + cut.size() + free.size());
  for (const LiveSegment& segment : live) entries.push_back(segment.entry);
  entries.insert(entries.end(), cut.begin(), cut.end());
  entries.insert(entries.end(), free.begin(), free.end());
  return entries;
}

Status Journal::Impl::write_list() {
  const Bytes bytes = encode_segment_list(log, {++epoch, generation_max, listed()});
  for (JournalCopy& copy : copies) {
    CARTELLA_TRY(copy.write_list(bytes));
  }
  return ok();
}

std::uint32_t Journal::Impl::next_number() const {
  std::uint32_t number = spare_number;
  for (const SegmentEntry& other : listed()) number = std::max(number, other.number);
  return number + 1;
}

Status Journal::Impl::activate(std::uint64_t bytes) {
  SegmentEntry entry;
  const auto reused = std::find_if(free.begin(), free.end(), [bytes](const SegmentEntry& segment) {
    return segment.bytes >= bytes;
  });
  if (reused != free.end()) {
    entry = *reused;
    free.erase(reused);
  } else {
    entry.number = next_number();
    entry.bytes = options.segment_bytes;
    for (JournalCopy& copy : copies) {
      CARTELLA_TRY(copy.create_segment(entry));
    }
  }
  spare_asked = false;
  entry.live = true;
  entry.generation = ++generation_max;
  entry.base = end;
  live.push_back({entry, 0});
  // The list names the segment before its first record is written, so that the loss of the file
  // can never go unseen.
  return write_list();
}

Journal::Journal(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::create(const std::filesystem::path& dir, const LogId& log,
                                                 const JournalOptions& options) {
  CARTELLA_TRY(check_journal_options(options));
  auto impl = std::make_unique<Impl>();
  impl->log = log;
  impl->options = options;
  impl->copies = journal_copies(dir, options);
  for (const JournalCopy& copy : impl->copies) {
    CARTELLA_TRY(make_directories(copy.dir()));
    CARTELLA_TRY(const auto present, copy.segment_numbers());
    std::error_code error;
    if (!present.empty() || std::filesystem::exists(copy.list_path(), error)) {
      return fail(Errc::invalid_argument, copy.dir().string() + " already holds a journal");
    }
  }
  impl->end.size = options.start_size;
  impl->end.root = options.start_size > 0 ? options.start_root : crypto::sha256(ByteView());
  CARTELLA_TRY(impl->activate(0));
  impl->is_writable = true;
  return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

Status Journal::append(const Append& record) {
  Impl& impl = *x_impl;
  CARTELLA_TRY(impl.check_writable());
  const std::uint64_t bytes = record_bytes_padded(record.payload.size());
  if (record.payload.size() > kJournalPayloadBytesMax || bytes > impl.options.segment_bytes) {
    return fail(Errc::invalid_argument, "a journal record is longer than the limit allows");
  }
  if (record.old_size != impl.end.size || record.first_position != record.old_size ||
      record.new_size != record.old_size + record.event_count) {
    return fail(Errc::invalid_argument,
                "a journal record does not follow on position " + std::to_string(impl.end.size));
  }
  if (impl.live.back().end + bytes > impl.live.back().entry.bytes) {
    CARTELLA_TRY(impl.stop_on(impl.activate(bytes)));
  }
  LiveSegment& segment = impl.live.back();
  JournalRecord full;
  full.generation = segment.entry.generation;
  full.seq = impl.end.seq + 1;
  full.first_position = record.first_position;
  full.event_count = record.event_count;
  full.old_size = record.old_size;
  full.new_size = record.new_size;
  full.new_root = record.new_root;
  full.previous = impl.end.hash;
  full.payload = record.payload;
  const RecordHeader header = encode_record_header(impl.log, full);
  full.hash = crypto::sha256({header, record.payload});
  const std::uint64_t padding =
      bytes - kRecordHeaderBytes - record.payload.size() - kRecordHashBytes;
  const std::array<ByteView, 4> parts{header, record.payload, full.hash,
                                      ByteView(kZeroPage).first(padding)};
  for (JournalCopy& copy : impl.copies) {
    CARTELLA_TRY(impl.stop_on(copy.write(segment.entry.number, segment.end, parts)));
  }
  segment.end += bytes;
  impl.end = point_after(full);
  return ok();
}

Status Journal::rotate() {
  Impl& impl = *x_impl;
  CARTELLA_TRY(impl.check_writable());
  if (impl.live.back().end == 0) return ok();
  return impl.stop_on(impl.activate(0));
}

Status Journal::release_through(std::uint64_t position) {
  Impl& impl = *x_impl;
  CARTELLA_TRY(impl.check_writable());
  std::size_t count = 0;
  // A segment ends where the next one starts.
  while (count + 1 < impl.live.size() && impl.live[count + 1].entry.base.size <= position) ++count;
  if (count == 0) return ok();
  for (std::size_t i = 0; i < count; ++i) {
    impl.free.push_back(impl.live[i].entry);
    impl.free.back().live = false;
  }
  impl.live.erase(impl.live.begin(), impl.live.begin() + static_cast<std::ptrdiff_t>(count));
  return impl.stop_on(impl.write_list());
}

Status Journal::zero_free() {
  Impl& impl = *x_impl;
  CARTELLA_TRY(impl.check_writable());
  for (JournalCopy& copy : impl.copies) {
    for (const SegmentEntry& entry : impl.free) {
      CARTELLA_TRY(impl.stop_on(copy.zero(entry.number, 0, entry.bytes)));
    }
    for (const LiveSegment& segment : impl.live) {
      CARTELLA_TRY(impl.stop_on(copy.zero(segment.entry.number, segment.end, segment.entry.bytes)));
    }
  }
  return ok();
}

std::uint64_t Journal::next_seq() const { return x_impl->end.seq + 1; }
std::uint64_t Journal::end_size() const { return x_impl->end.size; }
std::uint64_t Journal::segment_count() const { return x_impl->live.size() + x_impl->free.size(); }
std::uint64_t Journal::retained_bytes() const {
  std::uint64_t bytes = 0;
  for (const LiveSegment& segment : x_impl->live) bytes += segment.entry.bytes;
  return bytes;
}

}  // namespace cartella::store
