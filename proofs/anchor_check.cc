#include "proofs/anchor_check.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/note.h"

namespace cartella::proofs {

namespace {

// What is wrong with one anchor; nothing where all is well.
using Wrong = std::optional<AnchorFinding>;

Wrong wrong(std::uint64_t size, std::string detail) {
  return AnchorFinding{size, false, std::move(detail)};
}

std::string_view why(Errc code) {
  if (code == Errc::bad_signature) return "nessuna autorità fidata l'ha firmata";
  if (code == Errc::io) return "il file delle autorità non si legge";
  return "non è la marca di questo checkpoint";
}

// The present key where none of the past ones signed it.
crypto::PublicKey signer_of(const Anchor& anchor, const AnchorCheck& check) {
  for (const crypto::PublicKey& past : check.past_keys)
    if (crypto::open_checkpoint(anchor.note, check.origin, past)) return past;
  return check.log_key;
}

Wrong judge_stamps(const Anchor& anchor, const AnchorCheck& check, CheckedAnchor& to) {
  const auto note = crypto::note_signed_by(anchor.note, check.origin, signer_of(anchor, check));
  if (!note) return wrong(anchor.size, "il checkpoint non è firmato dal registro");
  const Hash32 digest = crypto::sha256(as_bytes(note.value()));
  Wrong found;
  for (const Bytes& stamp : anchor.time_stamps) {
    auto read = check.time_stamp_ca.empty() ? read_time_stamp(stamp)
                                            : check_time_stamp(stamp, digest, check.time_stamp_ca);
    if (read)
      to.stamps.push_back(std::move(read).value());
    else if (!found)
      found = wrong(anchor.size,
                    "una marca temporale non vale: " + std::string(why(read.error().code)));
  }
  return found;
}

Result<Wrong> judge_tree(const Anchor& anchor, const AnchorCheck& check) {
  const auto checkpoint =
      crypto::open_checkpoint(anchor.note, check.origin, signer_of(anchor, check));
  if (!checkpoint || checkpoint.value().size != anchor.size)
    return wrong(anchor.size, "un checkpoint conservato non è di questo registro");
  if (anchor.size > check.size)
    return Wrong(
        AnchorFinding{anchor.size, true,
                      "un checkpoint conservato è più grande del registro, che ha perso eventi"});
  CARTELLA_TRY(const Hash32 root, check.root_at(anchor.size));
  if (root != checkpoint.value().root)
    return wrong(anchor.size, "il registro non contiene l'albero di un checkpoint conservato");
  return Wrong{};
}

Result<Wrong> judge_anchor(const AnchorFolder& folder, std::uint64_t size, const AnchorCheck& check,
                           CheckedAnchor& to) {
  to.size = size;
  const auto read = folder.find(size);
  if (!read) {
    if (read.error().code == Errc::corrupt) return wrong(size, read.error().detail);
    return read.error();
  }
  if (!read.value()) return Wrong{};  // forgotten meanwhile
  const Anchor& anchor = *read.value();
  CARTELLA_TRY(auto tree, judge_tree(anchor, check));
  if (tree) return tree;
  if (check.policy) {
    CARTELLA_TRY(to.support, judge_support(*check.policy, anchor.note));
  }
  return judge_stamps(anchor, check, to);
}

}  // namespace

Result<AnchorReport> check_anchors(const AnchorFolder& folder, const AnchorCheck& check) {
  CARTELLA_TRY(auto sizes, folder.sizes());
  AnchorReport report;
  report.count = sizes.size();
  std::ranges::reverse(sizes);
  for (const std::uint64_t size : sizes) {
    CheckedAnchor checked;
    CARTELLA_TRY(auto found, judge_anchor(folder, size, check, checked));
    if (found) report.findings.push_back(std::move(*found));
    if (report.newest.size() < kNewestAnchors) report.newest.push_back(std::move(checked));
  }
  return report;
}

}  // namespace cartella::proofs
