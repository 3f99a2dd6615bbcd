// Runs the independent Go verifier of tests/integration/notes on what this module produces.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "crypto/note.h"
#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSizes[] = {1, 2, 255, 256, 257, 1000};
const std::string kOrigin = "cartella/prova/00112233445566aa";

// Paths hold no quotes: they are the test's own directory and fixed names.
int run(const std::string& command) {
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c)
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

LeafBytes leaf_at(std::uint64_t position) {
  Leaf leaf;
  leaf.flags = kServerSigned;
  leaf.position = position;
  leaf.recorded_at.us = 1'700'000'000'000'000 + static_cast<std::int64_t>(position);
  return encode_leaf(leaf);
}

class NotesInterop : public ::testing::Test {
 protected:
  // Compiles the verifier once for all tests of a process.
  static void SetUpTestSuite() {
    // Test runners start one process per test, side by side.
    x_directory = fs::path(::testing::TempDir()) / ("notes_" + std::to_string(getpid()));
    fs::create_directories(x_directory);
    const std::string source = CARTELLA_SOURCE_DIR "/tests/integration/notes/verify.go";
    ASSERT_EQ(run("GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= go build -o '" +
                  (x_directory / "verify").string() + "' '" + source + "'"),
              0)
        << "needs the Debian packages golang-go and golang-golang-x-mod-dev";
    for (std::uint64_t i = 0; i < 1000; ++i) x_tree.append(leaf_hash(leaf_at(i)));
    write("vkey", verifier_key(kOrigin, x_signer.public_key()));
  }
  static void TearDownTestSuite() { fs::remove_all(x_directory); }

  static void write(const std::string& name, std::string_view content) {
    std::ofstream(x_directory / name, std::ios::binary) << content;
  }
  static std::string checkpoint_at(std::uint64_t size) {
    return sign_checkpoint({kOrigin, size, root_at(size, x_tree.reader()).value()}, x_signer);
  }
  static TlogProof proof_of(std::uint64_t index, std::uint64_t size) {
    return {index, inclusion_proof(index, size, x_tree.reader()).value(), checkpoint_at(size)};
  }
  static int verifier(const std::string& arguments) {
    return run("cd '" + x_directory.string() + "' && ./verify " + arguments + " > said");
  }
  static int check_inclusion(const LeafBytes& leaf, const TlogProof& proof) {
    write("leaf", as_text(leaf));
    write("proof", encode_proof(proof));
    return verifier("inclusion vkey leaf proof");
  }
  static int check_consistency(std::uint64_t first, std::uint64_t second,
                               const std::vector<Hash32>& proof) {
    std::string lines;
    for (const Hash32& hash : proof) lines += to_base64(hash) + "\n";
    write("old", checkpoint_at(first));
    write("new", checkpoint_at(second));
    write("hashes", lines);
    return verifier("consistency vkey old new hashes");
  }

  static inline fs::path x_directory;
  static inline testing::LeafList x_tree;
  static inline const Signer x_signer{testing::secret_of("log key")};
};

TEST_F(NotesInterop, GoAcceptsOurCheckpointsAndInclusionProofs) {
  for (const std::uint64_t size : kSizes) {
    write("checkpoint", checkpoint_at(size));
    EXPECT_EQ(verifier("checkpoint vkey checkpoint"), 0) << size;
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1})
      EXPECT_EQ(check_inclusion(leaf_at(index), proof_of(index, size)), 0) << index << " " << size;
  }
}

TEST_F(NotesInterop, GoAcceptsOurConsistencyProofs) {
  for (const std::uint64_t second : kSizes) {
    for (const std::uint64_t first : kSizes) {
      if (first > second) continue;
      const auto proof = consistency_proof(first, second, x_tree.reader()).value();
      EXPECT_EQ(check_consistency(first, second, proof), 0) << first << " " << second;
    }
  }
}

// Around full tiles of the second level.
TEST_F(NotesInterop, GoAcceptsOurProofsWhereTilesFillUp) {
  constexpr std::uint64_t kMillion = std::uint64_t{1} << 20;
  for (std::uint64_t i = x_tree.leaves().size(); i <= kMillion; ++i)
    x_tree.append(leaf_hash(leaf_at(i)));
  std::uint64_t before = 1000;
  for (const std::uint64_t size : {std::uint64_t{65535}, std::uint64_t{65536}, std::uint64_t{65537},
                                   kMillion - 1, kMillion, kMillion + 1}) {
    EXPECT_EQ(check_inclusion(leaf_at(size - 1), proof_of(size - 1, size)), 0) << size;
    const auto proof = consistency_proof(before, size, x_tree.reader()).value();
    EXPECT_EQ(check_consistency(before, size, proof), 0) << before << " " << size;
    before = size;
  }
}

TEST_F(NotesInterop, GoRefusesAChangedInclusionProof) {
  for (const std::uint64_t size : {std::uint64_t{2}, std::uint64_t{257}, std::uint64_t{1000}}) {
    TlogProof changed = proof_of(1, size);
    changed.hashes[0][0] ^= 1;
    EXPECT_EQ(check_inclusion(leaf_at(1), changed), 1) << size;
    EXPECT_EQ(check_inclusion(leaf_at(0), proof_of(1, size)), 1) << size;
  }
}

TEST_F(NotesInterop, GoRefusesAChangedConsistencyProof) {
  auto changed = consistency_proof(255, 1000, x_tree.reader()).value();
  changed.back()[31] ^= 1;
  EXPECT_EQ(check_consistency(255, 1000, changed), 1);
}

TEST_F(NotesInterop, GoRefusesACheckpointOfAnotherKey) {
  const Signer other(testing::secret_of("other"));
  write("checkpoint", sign_checkpoint({kOrigin, 1, sha256(as_bytes("root"))}, other));
  EXPECT_EQ(verifier("checkpoint vkey checkpoint"), 1);
}

TEST_F(NotesInterop, GoReadsTheOriginAndSizeThatWeWrote) {
  write("checkpoint", checkpoint_at(256));
  ASSERT_EQ(verifier("checkpoint vkey checkpoint"), 0);
  std::ifstream said(x_directory / "said");
  std::string line;
  std::getline(said, line);
  EXPECT_EQ(line, "verified: " + kOrigin + " is signed at size 256");
}

}  // namespace
}  // namespace cartella::crypto
