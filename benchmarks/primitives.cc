// benchmarks/primitives.cc: the steps of an append one by one, by Google Benchmark.

#include <benchmark/benchmark.h>

#include "benchmarks/events.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"

namespace cartella::bench {
namespace {

class FixedKeys final : public crypto::SegmentKeys {
 public:
  Result<crypto::Secret32> segment_key(const KeyId&, const StreamId&) override {
    return crypto::Secret32(Hash32{});
  }
};

template <class Id>
Id some_id() {
  Id id;
  id.bytes.fill(9);
  return id;
}
crypto::SegmentContext context() {
  crypto::SegmentContext context;
  context.event = some_id<EventId>();
  context.stream = some_id<StreamId>();
  context.owner_key = some_id<KeyId>();
  return context;
}
crypto::Plaintext plaintext(std::size_t bytes) { return {1, 1, Bytes(bytes - 16, 7)}; }

void seal(benchmark::State& state) {
  const crypto::Secret32 key;
  const auto text = plaintext(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(must(crypto::seal_segment(context(), key, text)));
}
BENCHMARK(seal)->Arg(256)->Arg(1024);

void open(benchmark::State& state) {
  const crypto::Secret32 key;
  const auto sealed = must(
      crypto::seal_segment(context(), key, plaintext(static_cast<std::size_t>(state.range(0)))));
  for (auto _ : state)
    benchmark::DoNotOptimize(must(crypto::open_segment(context(), key, sealed.stored)));
}
BENCHMARK(open)->Arg(256)->Arg(1024);

void seal_event_signed_by_server(benchmark::State& state) {
  FixedKeys keys;
  EventMaker maker({}, keys, Signing::server, static_cast<std::size_t>(state.range(0)),
                   crypto::Secret32());
  Slot slot;
  slot.stream = some_id<StreamId>();
  slot.subject_key = some_id<KeyId>();
  slot.header_key = some_id<KeyId>();
  for (auto _ : state) benchmark::DoNotOptimize(maker.make(slot));
}
BENCHMARK(seal_event_signed_by_server)->Arg(256)->Arg(1024);

void sign(benchmark::State& state) {
  const crypto::Signer signer{crypto::Secret32()};
  const auto message = crypto::signed_message({}, {});
  for (auto _ : state) benchmark::DoNotOptimize(signer.sign(message));
}
BENCHMARK(sign);

void verify(benchmark::State& state) {
  const crypto::Signer signer{crypto::Secret32()};
  const auto message = crypto::signed_message({}, {});
  const auto signature = signer.sign(message);
  for (auto _ : state)
    benchmark::DoNotOptimize(crypto::verify(signer.public_key(), message, signature));
}
BENCHMARK(verify);

void leaf_hash(benchmark::State& state) {
  const auto leaf = crypto::encode_leaf({});
  for (auto _ : state) benchmark::DoNotOptimize(crypto::leaf_hash(leaf));
}
BENCHMARK(leaf_hash);

void leaf_hash_second(benchmark::State& state) {
  const crypto::Leaf leaf;
  for (auto _ : state) benchmark::DoNotOptimize(crypto::leaf_hash_second(leaf));
}
BENCHMARK(leaf_hash_second);

void tree_append(benchmark::State& state) {
  crypto::Frontier tree;
  for (auto _ : state) tree.append({});
}
BENCHMARK(tree_append);

void sha256_of_one_kib(benchmark::State& state) {
  const Bytes data(1024, 3);
  for (auto _ : state) benchmark::DoNotOptimize(crypto::sha256(data));
}
BENCHMARK(sha256_of_one_kib);

}  // namespace
}  // namespace cartella::bench

int main(int argc, char** argv) {
  cartella::crypto::start();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
