#include "keeping/rollback.h"

#include "crypto/note.h"
#include "proofs/anchors.h"

namespace cartella::keeping {

namespace {

// Of the newest anchor that was made with this log's key.
Result<std::optional<crypto::Checkpoint>> newest_anchored(const store::Store& store,
                                                          const std::filesystem::path& data_dir,
                                                          const crypto::PublicKey& log_key) {
  std::error_code error;
  if (!std::filesystem::is_directory(data_dir / "anchors", error))
    return std::optional<crypto::Checkpoint>{};
  CARTELLA_TRY(const auto folder, proofs::AnchorFolder::open(data_dir));
  CARTELLA_TRY(const auto sizes, folder.sizes());
  for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) {
    const auto anchor = folder.find(*size);
    if (!anchor && anchor.error().code != Errc::corrupt) return anchor.error();
    if (!anchor || !anchor.value()) continue;
    auto opened = crypto::open_checkpoint(anchor.value()->note, store.origin(), log_key);
    if (opened) return std::optional<crypto::Checkpoint>(std::move(opened).value());
  }
  return std::optional<crypto::Checkpoint>{};
}

}  // namespace

Result<std::optional<std::string>> find_rollback(const store::Store& store,
                                                 const std::filesystem::path& data_dir,
                                                 const crypto::PublicKey& log_key) {
  CARTELLA_TRY(const auto anchored, newest_anchored(store, data_dir, log_key));
  if (!anchored || anchored->size == 0) return std::optional<std::string>{};
  const std::string known =
      "a checkpoint of tree size " + std::to_string(anchored->size) + " was anchored outside";
  if (anchored->size > store.size())
    return std::optional<std::string>(known + ", but the log holds " +
                                      std::to_string(store.size()) + " events");
  CARTELLA_TRY(const Hash32 root, store.root_at(anchored->size));
  if (root != anchored->root) return std::optional<std::string>(known + " with another history");
  return std::optional<std::string>{};
}

}  // namespace cartella::keeping
