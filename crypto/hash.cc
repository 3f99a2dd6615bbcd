#include "crypto/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sodium.h>

#include <memory>

#include "base/check.h"

namespace cartella::crypto {

namespace {

// OpenSSL 3 marks the low-level digest as deprecated, yet its generic interface costs five times as
// much on a tree node of 65 bytes (ledger.md 10). The final call wipes the block buffer.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
class Sha256 {
 public:
  Sha256() { CHECK(SHA256_Init(&x_state) == 1); }
  void update(ByteView part) {
    if (!part.empty()) CHECK(SHA256_Update(&x_state, part.data(), part.size()) == 1);
  }
  Hash32 finish() {
    Hash32 digest;
    CHECK(SHA256_Final(digest.data(), &x_state) == 1);
    return digest;
  }

 private:
  SHA256_CTX x_state;
};
#pragma GCC diagnostic pop

// One context for each thread, with the digest set once: taking a key through EVP_MAC costs twice
// as much as the digest of a small message, which HMAC_Init_ex avoids where the digest stays.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
class Hmac {
 public:
  Hmac() : x_context(HMAC_CTX_new()) {
    static const EVP_MD* const kDigest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    CHECK(kDigest != nullptr && x_context != nullptr);
    CHECK(HMAC_Init_ex(x_context.get(), &kNoKey, 0, kDigest, nullptr) == 1);
  }
  Hash32 operator()(ByteView key, std::initializer_list<ByteView> parts) {
    set_key(key);
    for (const ByteView part : parts)
      if (!part.empty()) CHECK(HMAC_Update(x_context.get(), part.data(), part.size()) == 1);
    Hash32 digest;
    unsigned bytes = 0;
    CHECK(HMAC_Final(x_context.get(), digest.data(), &bytes) == 1);
    CHECK(bytes == digest.size());
    set_key({});  // overwrites what the context knows of the key
    return digest;
  }

 private:
  static constexpr std::uint8_t kNoKey = 0;
  // A null pointer would mean: the key of before.
  void set_key(ByteView key) {
    CHECK(HMAC_Init_ex(x_context.get(), key.empty() ? &kNoKey : key.data(),
                       static_cast<int>(key.size()), nullptr, nullptr) == 1);
  }
  struct Free {
    void operator()(HMAC_CTX* context) const { HMAC_CTX_free(context); }
  };
  std::unique_ptr<HMAC_CTX, Free> x_context;
};
#pragma GCC diagnostic pop

constexpr std::string_view kKdfDomain{"cartella/kdf/1\0", 15};

}  // namespace

Hash32 sha256(ByteView data) {
  Sha256 hash;
  hash.update(data);
  return hash.finish();
}

Hash32 sha256(std::initializer_list<ByteView> parts) {
  Sha256 hash;
  for (const ByteView part : parts) hash.update(part);
  return hash.finish();
}

struct Sha256Stream::Impl {
  Sha256 hash;
};
Sha256Stream::Sha256Stream() : x_impl(std::make_unique<Impl>()) {}
Sha256Stream::~Sha256Stream() = default;
void Sha256Stream::update(ByteView part) { x_impl->hash.update(part); }
Hash32 Sha256Stream::finish() { return x_impl->hash.finish(); }

Hash32 sha256_second(std::initializer_list<ByteView> parts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (const ByteView part : parts)
    if (!part.empty()) crypto_hash_sha256_update(&state, part.data(), part.size());
  Hash32 digest;
  crypto_hash_sha256_final(&state, digest.data());
  return digest;
}

Hash32 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts) {
  thread_local Hmac hmac;
  return hmac(key, parts);
}

Secret32 derive(const Secret32& key, std::string_view label, ByteView context) {
  static constexpr std::uint8_t kNul = 0;
  Hash32 bytes =
      hmac_sha256(key.view(), {as_bytes(kKdfDomain), as_bytes(label), ByteView(&kNul, 1), context});
  Secret32 derived(bytes);
  wipe(bytes.data(), bytes.size());
  return derived;
}

}  // namespace cartella::crypto
