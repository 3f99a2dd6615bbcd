#include "proofs/bundle_chains.h"

#include <algorithm>

#include "crypto/segment.h"
#include "store/store.h"

namespace cartella::proofs {

namespace {

Error wrong(std::uint64_t position, const std::string& what) {
  return fail(Errc::corrupt, "posizione " + std::to_string(position) + ": " + what);
}

// What the author asserted about the stream is what the writer found.
bool expected_fits(const crypto::Leaf& leaf) {
  if (leaf.expected_revision == crypto::kExpectAny) return true;
  if (leaf.expected_revision == crypto::kExpectExists) return leaf.revision > 0;
  return leaf.revision == static_cast<std::uint64_t>(leaf.expected_revision) + 1;
}

}  // namespace

Status BundleChains::take_outside(const crypto::Leaf& leaf, const Hash32& hash, Place place) {
  CARTELLA_TRY(check_time(leaf));
  x_ids.push_back(leaf.event_id);
  if (!expected_fits(leaf)) return wrong(leaf.position, "la revisione non è quella attesa");
  // Other kinds are not there in full.
  if (leaf.kind != schema::LeafKind::key) return ok();
  return link(leaf, hash, place);
}

Status BundleChains::take(const crypto::Leaf& leaf, const Hash32& hash,
                          const std::optional<BatchId>& batch) {
  CARTELLA_TRY(check_time(leaf));
  CARTELLA_TRY(check_call(leaf, batch));
  x_ids.push_back(leaf.event_id);
  if (!expected_fits(leaf)) return wrong(leaf.position, "la revisione non è quella attesa");
  return link(leaf, hash, Place::within);
}

Status BundleChains::link(const crypto::Leaf& leaf, const Hash32& hash, Place place) {
  const auto [at, is_new] = x_streams.try_emplace(leaf.stream_id);
  Head& head = at->second;
  if (!is_new) {
    if (leaf.revision != head.revision + 1)
      return wrong(leaf.position, "nel suo flusso manca un evento, o ce n'è uno di troppo");
    if (leaf.previous_leaf_hash != head.hash)
      return wrong(leaf.position, "l'evento precedente del flusso non è quello che la foglia dice");
    x_are_keys_closed =
        x_are_keys_closed || (head.place == Place::before && place != Place::before);
  } else if (leaf.revision == 0) {
    if (leaf.previous_leaf_hash != Hash32{})
      return wrong(leaf.position, "il primo evento di un flusso ne nomina uno precedente");
  } else if (place != Place::within || x_from == 0) {
    return wrong(leaf.position, "del suo flusso mancano gli eventi precedenti");
  } else {
    ++x_open;
  }
  head = {leaf.revision, hash, place};
  return ok();
}

Status BundleChains::check_time(const crypto::Leaf& leaf) {
  if (leaf.recorded_at.us < x_time_us)
    return wrong(leaf.position, "è registrato prima dell'evento che lo precede");
  x_time_us = leaf.recorded_at.us;
  return ok();
}

Status BundleChains::check_call(const crypto::Leaf& leaf, const std::optional<BatchId>& batch) {
  const bool goes_on = x_command && leaf.event_id == crypto::event_id_of(*x_command, x_index + 1);
  const bool is_cut = std::exchange(x_is_cut, false);
  if (!goes_on) {
    CARTELLA_TRY(check_batch(leaf.position));
    x_command = leaf.event_id;
    x_index = 0;
    x_call_time_us = leaf.recorded_at.us;
    x_batch = batch;
    ++x_calls;
    return ok();
  }
  ++x_index;
  if (is_cut) return wrong(leaf.position, "un checkpoint taglia in due una registrazione");
  if (leaf.recorded_at.us != x_call_time_us)
    return wrong(leaf.position, "gli eventi di una registrazione hanno ore diverse");
  if (batch && x_batch && *batch != *x_batch)
    return wrong(leaf.position, "gli eventi di una registrazione hanno lotti diversi");
  if (batch) x_batch = batch;
  return ok();
}

// Of the call that ended before `next`. One that the range's beginning may have cut says nothing.
Status BundleChains::check_batch(std::uint64_t next) const {
  if (!x_command || !x_batch) return ok();
  const std::uint64_t first = next - (x_index + 1);
  if (x_from != 0 && first < x_from + store::kCallEventsMax) return ok();
  std::vector<EventId> ids;
  for (std::uint32_t i = 0; i <= x_index; ++i) ids.push_back(crypto::event_id_of(*x_command, i));
  if (crypto::batch_id_of(ids) == *x_batch) return ok();
  return wrong(first, "manca una parte della registrazione, o il suo lotto è di altri eventi");
}

Status BundleChains::finish() {
  std::ranges::sort(x_ids);
  const auto twice = std::ranges::adjacent_find(x_ids);
  if (twice != x_ids.end())
    return fail(Errc::corrupt, "l'id di evento " + twice->hex() + " compare due volte");
  return ok();
}

}  // namespace cartella::proofs
