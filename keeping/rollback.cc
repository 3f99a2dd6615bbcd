#include "keeping/rollback.h"

#include "crypto/note.h"
#include "crypto/note_text.h"
#include "proofs/anchors.h"
#include "store/file_io.h"
#include "store/log_meta.h"

namespace cartella::keeping {

namespace {

constexpr std::string_view kAlarmHeader = "cartella/witness-alarm/1";
constexpr std::uint64_t kAlarmBytesMax = 4096;

std::filesystem::path alarm_file(const std::filesystem::path& data_dir) {
  return data_dir / "witness.alarm";
}

// The newest anchor that was made with a key of this log, of what stays of its history.
Result<std::optional<crypto::Checkpoint>> newest_anchored(const std::filesystem::path& data_dir) {
  std::error_code error;
  if (!std::filesystem::is_directory(data_dir / "anchors", error))
    return std::optional<crypto::Checkpoint>{};
  CARTELLA_TRY(const auto meta, store::read_meta(data_dir));
  CARTELLA_TRY(const auto folder, proofs::AnchorFolder::open(data_dir));
  CARTELLA_TRY(const auto sizes, folder.sizes());
  for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) {
    const auto anchor = folder.find(*size);
    if (!anchor && anchor.error().code != Errc::corrupt) return anchor.error();
    if (!anchor || !anchor.value()) continue;
    auto opened = store::open_own_checkpoint(anchor.value()->note, meta);
    if (opened && opened.value()) return std::move(opened).value();
  }
  return std::optional<crypto::Checkpoint>{};
}

// Nothing where it is of another era, or where the log holds by now what the witness saw.
Result<std::optional<std::string>> kept_alarm(const store::Store& store,
                                              const std::filesystem::path& data_dir) {
  const auto bytes = store::read_file(alarm_file(data_dir), kAlarmBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) return std::optional<std::string>{};
  if (!bytes && bytes.error().code != Errc::invalid_input) return bytes.error();
  std::string_view text = bytes ? as_text(bytes.value()) : std::string_view();
  const auto header = crypto::take_note_line(text);
  const auto origin = crypto::take_note_line(text);
  const auto kind = crypto::take_note_line(text);
  const auto line = crypto::take_note_line(text);
  const auto number = line ? crypto::parse_note_decimal(*line) : std::nullopt;
  if (header != kAlarmHeader || !origin || !number || (kind != "ahead" && kind != "inconsistent"))
    return std::optional<std::string>(alarm_file(data_dir).string() + " is damaged");
  if (*origin != store.origin()) return std::optional<std::string>{};
  const std::uint64_t size = number.value_or(0);  // it is there, which GCC 12 does not see
  const std::string seen = "a witness saw a tree of size " + std::to_string(size);
  if (kind == "inconsistent") return std::optional<std::string>(seen + " with another history");
  if (size <= store.size()) return std::optional<std::string>{};
  return std::optional<std::string>(seen + ", but the log holds " + std::to_string(store.size()) +
                                    " events");
}

}  // namespace

Result<std::optional<std::string>> find_rollback(const store::Store& store,
                                                 const std::filesystem::path& data_dir) {
  CARTELLA_TRY(const auto anchored, newest_anchored(data_dir));
  if (!anchored || anchored->size == 0) return kept_alarm(store, data_dir);
  const std::string known =
      "a checkpoint of tree size " + std::to_string(anchored->size) + " was anchored outside";
  if (anchored->size > store.size())
    return std::optional<std::string>(known + ", but the log holds " +
                                      std::to_string(store.size()) + " events");
  CARTELLA_TRY(const Hash32 root, store.root_at(anchored->size));
  if (root != anchored->root) return std::optional<std::string>(known + " with another history");
  return kept_alarm(store, data_dir);
}

Status keep_witness_alarm(const store::Store& store, const std::filesystem::path& data_dir,
                          const proofs::WitnessAlarm& alarm) {
  const std::string text = std::string(kAlarmHeader) + "\n" + store.origin() + "\n" +
                           (alarm.is_ahead ? "ahead" : "inconsistent") + "\n" +
                           std::to_string(alarm.size) + "\n" + alarm.witness + "\n";
  return store::replace_file(alarm_file(data_dir), as_bytes(text));
}

}  // namespace cartella::keeping
