// tests/fuzz/bundle.cc: an audit bundle, as it reaches whoever checks it (B-08).
//
// The input is taken as it is, and once more with its frames counted and digested anew, so that
// mutants reach behind the end frame. What is accepted under the frozen log's key says nothing but
// what that log signed: a size and a root of its checkpoints. Threads: one.
#include <algorithm>
#include <sstream>

#include "base/check.h"
#include "proofs/bundle_check.h"
#include "proofs/bundle_format.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

using proofs::BundleReport;

constexpr const char* kFrozen[] = {"bundle", "bundle_keys_behind"};

proofs::BundleTrust trust() {
  std::istringstream from(golden(kFrozen[0]));
  proofs::FrameReader reader(from);
  CHECK(reader.begin());
  const auto header = proofs::decode_header(reader.next().value().content).value();
  proofs::BundleTrust known;
  known.log_key = crypto::parse_verifier_key(header.log_key).value();
  return known;
}

Result<BundleReport> check(const std::string& file) {
  static const proofs::BundleTrust known = trust();
  std::istringstream from(file);
  return proofs::check_bundle(from, known);
}

// Every frame up to the first that is none, with a right end.
std::string ended(ByteView bytes) {
  std::istringstream from{std::string(text_of(bytes))};
  proofs::FrameReader reader(from);
  std::string file;
  proofs::FrameWriter writer([&](ByteView piece) -> Status {
    file += text_of(piece);
    return ok();
  });
  if (!reader.begin()) return file;
  CHECK(writer.begin());
  for (auto frame = reader.next(); frame; frame = reader.next()) {
    if (frame.value().type == proofs::FrameType::end) break;
    CHECK(writer.frame(frame.value().type, frame.value().content));
  }
  CHECK(writer.end());
  return file;
}

void judge_file(const std::string& file) {
  static const std::vector<BundleReport> genuine = {check(golden(kFrozen[0])).value(),
                                                    check(golden(kFrozen[1])).value()};
  const auto report = check(file);
  if (!report) return;
  for (const proofs::CheckedCheckpoint& given : report.value().checkpoints) {
    const bool is_known = std::ranges::any_of(genuine, [&](const BundleReport& one) {
      return std::ranges::any_of(one.checkpoints, [&](const proofs::CheckedCheckpoint& known) {
        return known.size == given.size && known.root == given.root;
      });
    });
    CHECK(is_known);
  }
  CHECK(report.value().log_key == genuine[0].log_key);
}

}  // namespace

std::vector<std::string> seeds() { return {golden(kFrozen[0]), golden(kFrozen[1])}; }

void judge(ByteView bytes) {
  judge_file(std::string(text_of(bytes)));
  judge_file(ended(bytes));
}

}  // namespace cartella::fuzz
