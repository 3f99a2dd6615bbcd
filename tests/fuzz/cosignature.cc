// tests/fuzz/cosignature.cc: what a witness answers and what a monitor reads: C2SP cosignature/v1.
//
// A cosignature that verifies was made here, for that checkpoint and at that time: any other would
// be a forgery. What add_cosignatures() writes is read again as it was. Threads: one.
#include "crypto/cosignature.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/note.h"
#include "crypto/secret.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

constexpr std::uint64_t kTimes[] = {1'700'000'000, 1'700'000'060};

// No key of the product: it says here what a genuine cosignature is.
const crypto::Signer& witness_key() {
  static const crypto::Signer signer{crypto::Secret32{crypto::sha256(as_bytes("witness"))}};
  return signer;
}

struct World {
  crypto::Cosigner witness{"testimone.example/w1", witness_key().public_key()};
  std::string note = golden("checkpoint.3");  // a checkpoint as the log alone signed it
  std::string newer = golden("checkpoint");   // one that the witness never saw
  std::string lines;                          // what the witness said of `note`
};

const World& world() {
  static const World made = [] {
    World world;
    for (const std::uint64_t time : kTimes)
      world.lines += crypto::cosign(world.note, world.witness.name, witness_key(), time).value();
    return world;
  }();
  return made;
}

void judge_note(std::string_view note) {
  const auto valid = crypto::valid_cosignatures(note, {&world().witness, 1});
  if (!valid) return;
  for (const crypto::Cosignature& cosignature : valid.value()) {
    CHECK(cosignature.time_s == kTimes[0] || cosignature.time_s == kTimes[1]);
    CHECK(note.starts_with(world().note.substr(0, world().note.find("\n\n") + 2)));
  }
}

}  // namespace

std::vector<std::string> seeds() {
  const World& it = world();
  return {it.note + it.lines, it.lines, it.newer + it.lines, crypto::cosigner_key(it.witness)};
}

void judge(ByteView bytes) {
  const std::string_view text = text_of(bytes);
  judge_note(text);
  for (const std::string& note : {world().note, world().newer}) {
    const auto added = crypto::add_cosignatures(note, text, {&world().witness, 1});
    if (!added) continue;
    judge_note(added.value());
    CHECK(crypto::add_cosignatures(added.value(), text, {&world().witness, 1}).value() ==
          added.value());
    CHECK(added.value() == note || note == world().note);
  }
  if (const auto cosigner = crypto::parse_cosigner_key(text))
    CHECK(crypto::cosigner_key(cosigner.value()) == text);
}

}  // namespace cartella::fuzz
