#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "base/bytes.h"
#include "benchmarks/peers/peers.h"

namespace cartella::bench {

namespace {

class PlainRocksDb final : public System {
 public:
  explicit PlainRocksDb(const std::filesystem::path& dir) {
    std::filesystem::create_directories(dir);
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;
    options.recycle_log_file_num = 4;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, dir.string(), &opened);
    if (!status.ok()) stop(status.ToString());
    x_db.reset(opened);
  }
  std::string name() const override { return "RocksDB, sync"; }
  bool blocking() const override { return true; }
  void prepare(const Shape& shape) override {
    x_revisions.resize(std::max(x_revisions.size(), shape.in_flight));
    x_payload = Bytes(shape.event_bytes, 0x5a);
  }
  Wait submit(std::size_t slot) override {
    std::array<std::uint8_t, 24> key{};
    store_be64(key.data(), slot * 0x9E3779B97F4A7C15ull);
    store_be64(key.data() + 16, x_revisions[slot]++);
    rocksdb::WriteOptions write;
    write.sync = true;
    const auto status =
        x_db->Put(write, {reinterpret_cast<const char*>(key.data()), key.size()},
                  {reinterpret_cast<const char*>(x_payload.data()), x_payload.size()});
    if (!status.ok()) stop(status.ToString());
    return [] {};
  }

 private:
  std::unique_ptr<rocksdb::DB> x_db;
  std::vector<std::uint64_t> x_revisions;
  Bytes x_payload;
};

}  // namespace

std::unique_ptr<System> make_plain_rocksdb(const std::filesystem::path& dir) {
  return std::make_unique<PlainRocksDb>(dir);
}

}  // namespace cartella::bench
