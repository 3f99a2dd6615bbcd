// tests/unit/proofs/test_log.h: a log of leaf hashes alone, which may be told in two ways.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/secret.h"
#include "crypto/signer.h"

namespace cartella::proofs {

class TestLog {
 public:
  explicit TestLog(std::string origin = "cartella/prova/0011223344556677")
      : x_origin(std::move(origin)), x_seed(crypto::Secret32::random()), x_signer(x_seed) {}
  // The same log up to `size`, with another history after it.
  TestLog fork(std::uint64_t size) const {
    return {x_origin,
            x_seed.clone(),
            {x_leaves.begin(), x_leaves.begin() + static_cast<std::ptrdiff_t>(size)}};
  }
  // The same log and history, signed by another key from now on.
  TestLog rotated() const { return {x_origin, crypto::Secret32::random(), x_leaves}; }
  void grow_to(std::uint64_t size, std::uint8_t history = 1) {
    while (x_leaves.size() < size) {
      Hash32 leaf{history};
      leaf[1] = static_cast<std::uint8_t>(x_leaves.size());
      leaf[2] = static_cast<std::uint8_t>(x_leaves.size() >> 8);
      x_leaves.push_back(leaf);
    }
  }

  std::uint64_t size() const { return x_leaves.size(); }
  const std::string& origin() const { return x_origin; }
  const crypto::PublicKey& key() const { return x_signer.public_key(); }
  std::string vkey() const { return crypto::verifier_key(x_origin, key()); }
  Hash32 root(std::uint64_t size) const {
    return size == 0 ? crypto::empty_root() : crypto::root_at(size, reader()).value();
  }
  std::string note(std::uint64_t size) const {
    return crypto::sign_checkpoint({x_origin, size, root(size)}, x_signer);
  }
  std::string note() const { return note(size()); }
  std::vector<Hash32> growth(std::uint64_t from, std::uint64_t to) const {
    if (from == 0 || from == to) return {};
    return crypto::consistency_proof(from, to, reader()).value();
  }
  // The body of an add-checkpoint.
  std::string request(std::uint64_t from, std::uint64_t to) const {
    return crypto::encode_consistency({from, growth(from, to), note(to)});
  }

 private:
  TestLog(std::string origin, crypto::Secret32 seed, std::vector<Hash32> leaves)
      : x_origin(std::move(origin)),
        x_seed(std::move(seed)),
        x_signer(x_seed),
        x_leaves(std::move(leaves)) {}
  Hash32 subtree(std::uint32_t level, std::uint64_t index) const {
    if (level == 0) return x_leaves.at(index);
    return crypto::node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1));
  }
  crypto::HashReader reader() const {
    return [this](std::uint32_t level, std::uint64_t index) -> Result<Hash32> {
      return subtree(level, index);
    };
  }

  std::string x_origin;
  crypto::Secret32 x_seed;
  crypto::Signer x_signer;
  std::vector<Hash32> x_leaves;
};

}  // namespace cartella::proofs
