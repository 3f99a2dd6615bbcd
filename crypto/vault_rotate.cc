// The parts of Vault that put new keys in the place of old ones, and that open what they left.
#include <algorithm>

#include "crypto/vault.h"
#include "crypto/vault_impl.h"

namespace cartella::crypto {
namespace {

void tell(const Vault::Step& step, std::string_view what) {
  if (step) step(what);
}

// What these parameters open; where they open nothing, whether the other ones may: `source` is of
// another kind, another token or another key on it, or gives a key that the shard file is not
// under. What has nothing to do with which of the two, as a refused PIN, is not tried twice.
Result<Secret32> open_with(RootParams which, const std::filesystem::path& keys_dir,
                           const RootSource& source, ShardTable& shards, bool& others_may) {
  auto root = load_root_key(keys_dir, source, which);
  if (!root) {
    const Errc code = root.error().code;
    others_may = code == Errc::invalid_argument || code == Errc::not_found || code == Errc::corrupt;
    return root;
  }
  if (const Status loaded = load_shards(keys_dir, root.value(), shards); !loaded) {
    others_may = loaded.error().code == Errc::wrong_passphrase;
    return loaded.error();
  }
  return root;
}

}  // namespace

Status Vault::Impl::open_shards(const RootSource& source) {
  CARTELLA_TRY(const bool rotating, has_next_root(keys_dir()));
  bool others_may = false;
  auto opened = open_with(RootParams::current, keys_dir(), source, *shards, others_may);
  if (opened) {
    // A rotation that did not come as far as the shard file.
    CARTELLA_TRY(drop_next_root(keys_dir()));
  } else if (rotating && others_may) {
    const Error first = opened.error();
    opened = open_with(RootParams::next, keys_dir(), source, *shards, others_may);
    if (!opened) return others_may ? first : opened.error();
    CARTELLA_TRY(adopt_next_root(keys_dir()));
  } else {
    return opened.error();
  }
  std::ranges::copy(opened.value().view(), root->begin());
  return finish_key_file(keys_dir() / "shards");
}

Status Vault::rotate_root(const RootSource& source, const Step& step) {
  // Half a second, or a token's answer: before any lock.
  CARTELLA_TRY(const auto next, new_root(source, x_impl->cost()));
  const std::lock_guard writing(x_impl->write);
  const std::unique_lock alone(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  CARTELLA_TRY(write_next_root(x_impl->keys_dir(), next));
  tell(step, "root.next");
  std::ranges::copy(next.key.view(), x_impl->root->begin());
  if (Status saved = save_shards(x_impl->keys_dir(), next.key, *x_impl->shards); !saved) {
    // Which of the two root keys opens the file is not known.
    x_impl->rows->stop();
    return saved;
  }
  tell(step, "shards");
  CARTELLA_TRY(adopt_next_root(x_impl->keys_dir()));
  tell(step, "root.params");
  return ok();
}

Status Vault::Impl::rotate_shard(std::uint8_t shard) {
  const std::unique_lock alone(keys);
  if (shards->shards[shard].count == 1) shards->begin_rewrap(shard);
  if (Status saved = save_shards(keys_dir(), Secret32(*root), *shards); !saved) {
    rows->stop();
    return saved;
  }
  return finish_rewrap({});
}

Status Vault::rotate_shards(const Step& step) {
  for (std::size_t i = 0; i < kShardCount; ++i) {
    {
      // One shard at a time, so that whoever needs a new key waits for 1/256 of the rows.
      const std::lock_guard writing(x_impl->write);
      CARTELLA_TRY(x_impl->check_open());
      CARTELLA_TRY(x_impl->rotate_shard(static_cast<std::uint8_t>(i)));
    }
    tell(step, "shard");
  }
  return ok();
}

Status Vault::rotate_owners() {
  const std::lock_guard writing(x_impl->write);
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  // Whoever takes a key waits, so that none of the old generation is forgotten by a crash and then
  // taken for one of the new.
  const std::unique_lock naming(x_impl->names_mutex);
  const std::uint32_t next = x_impl->names.generation + 1;
  Pending taken = x_impl->pending.with([](Pending& all) { return std::exchange(all, Pending{}); });
  CARTELLA_TRY(
      x_impl->write_pending(std::move(taken), {x_impl->counter_row(kOwnerGeneration, next)}));
  x_impl->names.generation = next;
  return ok();
}

std::uint32_t Vault::owner_generation() const {
  const std::shared_lock reading(x_impl->names_mutex);
  return x_impl->names.generation;
}

}  // namespace cartella::crypto
