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

// The present key and those before it.
std::vector<crypto::VerifierKey> keys_of(const store::LogMeta& log) {
  std::vector<crypto::VerifierKey> keys = {{log.origin, log.key}};
  for (const store::PastKey& past : log.past) keys.push_back({past.origin, past.key});
  return keys;
}

Wrong judge_stamps(const Anchor& anchor, const AnchorCheck& check, CheckedAnchor& to) {
  std::vector<Hash32> digests;
  for (const std::string& note : stamped_notes(anchor.note, keys_of(check.log)))
    digests.push_back(crypto::sha256(as_bytes(note)));
  Wrong found;
  for (const Bytes& stamp : anchor.time_stamps) {
    auto read = check.time_stamp_ca.empty() ? read_time_stamp(stamp)
                                            : check_time_stamp(stamp, digests, check.time_stamp_ca);
    if (read)
      to.stamps.push_back(std::move(read).value());
    else if (!found)
      found = wrong(anchor.size,
                    "una marca temporale non vale: " + std::string(why(read.error().code)));
  }
  return found;
}

Result<Wrong> judge_tree(const Anchor& anchor, const crypto::Checkpoint& checkpoint,
                         const AnchorCheck& check) {
  if (checkpoint.size != anchor.size)
    return wrong(anchor.size, "un checkpoint conservato non è di questo registro");
  if (anchor.size > check.size)
    return Wrong(
        AnchorFinding{anchor.size, true,
                      "un checkpoint conservato è più grande del registro, che ha perso eventi"});
  CARTELLA_TRY(const Hash32 root, check.root_at(anchor.size));
  if (root != checkpoint.root)
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
  const auto checkpoint = store::open_own_checkpoint(anchor.note, check.log);
  if (!checkpoint) return wrong(size, "un checkpoint conservato non è di questo registro");
  if (!checkpoint.value()) return Wrong{};  // of a history that was given up
  CARTELLA_TRY(auto tree, judge_tree(anchor, *checkpoint.value(), check));
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
    if (!report.with_quorum && checked.support.is_enough) report.with_quorum = checked;
    if (!report.with_stamp && !checked.stamps.empty()) report.with_stamp = checked;
    if (report.newest.size() < kNewestAnchors) report.newest.push_back(std::move(checked));
  }
  return report;
}

}  // namespace cartella::proofs
