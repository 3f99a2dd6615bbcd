#include "keeping/older_head.h"

#include "store/file_io.h"

namespace cartella::keeping {

namespace {

constexpr std::uint64_t kNoteBytesMax = 64 * 1024;

// The newest checkpoint of the history that is given up, beside the head copy.
std::filesystem::path given_up_file(const std::filesystem::path& head_dir, std::size_t era) {
  return head_dir / ("head.given-up." + std::to_string(era));
}

// The head copy will be replaced by the new era's; what it said is evidence.
Status keep_head(const std::filesystem::path& head_dir, std::size_t era) {
  const auto note = store::read_file(head_dir / "head", kNoteBytesMax);
  if (!note && note.error().code == Errc::not_found) return ok();
  if (!note) return note.error();
  return store::replace_file(given_up_file(head_dir, era), note.value());
}

}  // namespace

bool is_unfinished_era(const store::LogMeta& meta, const store::Store& store) {
  const auto start = meta.era_start();
  return start && store.size() <= *start;
}

Status begin_era(const std::filesystem::path& data_dir, const std::filesystem::path& head_dir,
                 const store::Store& store, crypto::Vault& vault, LogKeys& keys) {
  if (store.rollback()) return fail(Errc::refused, "the log is not older than what is known of it");
  CARTELLA_TRY(store::LogMeta meta, store::read_meta(data_dir));
  CARTELLA_TRY(keep_head(head_dir, meta.era_count()));
  if (!store::end_key(meta, store.size())) return fail(Errc::refused, "the log had too many eras");
  CARTELLA_TRY(meta.key, keys.fresh(vault));
  const auto identity = cases::new_era_identity(meta.origin);
  meta.log = identity.log;
  meta.origin = identity.origin;
  // What only the given-up events told the vault is asked of the log again.
  CARTELLA_TRY(vault.lower_mark(store.size()));
  return store::write_meta(data_dir, meta);
}

Result<cases::NewEra> describe_era(const std::filesystem::path& head_dir,
                                   const store::LogMeta& meta, const std::string& reason) {
  cases::NewEra era;
  era.previous_origin = meta.past.back().origin;
  era.reason = reason;
  const auto note = store::read_file(given_up_file(head_dir, meta.era_count() - 1), kNoteBytesMax);
  if (note)
    era.previous_checkpoint = std::string(as_text(note.value()));
  else if (note.error().code != Errc::not_found)
    return note.error();
  return era;
}

}  // namespace cartella::keeping
