// AT-04: whoever drops, swaps or alters an access record is found by verify, without a key.
#include <gtest/gtest.h>

#include <functional>

#include "store/keys.h"
#include "store/log_db.h"
#include "store/open_log.h"
#include "store/verify.h"
#include "tests/unit/cases/access_log_support.h"

namespace cartella::cases {
namespace {

using store::Family;
using store::LogBatch;
using store::LogDb;
using store::position_key;
using store::VerifyCheck;

class AccessLogVerifyTest : public AccessLogFixture {
 protected:
  void SetUp() override {
    AccessLogFixture::SetUp();
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t at = record(look()).first_position;
      if (i == 0) x_first = at;
    }
    ASSERT_TRUE(x_log->flush());
    close();
  }
  // With RocksDB's own checksums right, as an administrator would.
  void tamper(const std::function<void(LogDb&, LogBatch&)>& change) {
    auto db = LogDb::open(store::log_path(x_dir), LogDb::Use::inspect).value();
    LogBatch batch(*db);
    change(*db, batch);
    ASSERT_TRUE(db->write(batch));
    ASSERT_TRUE(db->flush_all());
  }
  static Bytes row(const LogDb& db, Family family, std::uint64_t position) {
    Bytes value;
    EXPECT_TRUE(db.get(family, position_key(position), value).value());
    return value;
  }
  store::VerifyReport verify() {
    store::VerifyOptions options;
    options.store = store_options();
    return store::verify_log(x_dir, options).value();
  }
  std::optional<std::uint64_t> first_bad(VerifyCheck check) {
    for (const store::VerifyFinding& finding : verify().findings)
      if (finding.check == check) return finding.position;
    return std::nullopt;
  }

  std::uint64_t x_first = 0;  // of the looks
};

TEST_F(AccessLogVerifyTest, AcceptsALogWithAccessRecordsWhichCarryNoSignature) {
  const store::VerifyReport report = verify();

  EXPECT_TRUE(report.is_sound()) << report.findings.at(0).detail;
  EXPECT_EQ(report.signatures + 20, report.size);
}

TEST_F(AccessLogVerifyTest, AT04_NamesAnAlteredAccessRecord) {
  const std::uint64_t at = x_first + 7;
  tamper([&](LogDb& db, LogBatch& batch) {
    Bytes body = row(db, Family::bodies, at);
    body.at(body.size() / 2) ^= 1;
    batch.put(Family::bodies, position_key(at), body);
  });
  EXPECT_EQ(first_bad(VerifyCheck::bodies), at);
}

TEST_F(AccessLogVerifyTest, AT04_NamesADroppedAccessRecord) {
  const std::uint64_t at = x_first + 7;
  tamper([&](LogDb&, LogBatch& batch) {
    batch.remove(Family::leaves, position_key(at));
    batch.remove(Family::bodies, position_key(at));
  });
  EXPECT_EQ(first_bad(VerifyCheck::leaves), at);
}

TEST_F(AccessLogVerifyTest, AT04_NamesTheFirstOfTwoSwappedAccessRecords) {
  const std::uint64_t one = x_first + 7;
  const std::uint64_t other = x_first + 11;
  tamper([&](LogDb& db, LogBatch& batch) {
    for (const Family family : {Family::leaves, Family::bodies}) {
      batch.put(family, position_key(one), row(db, family, other));
      batch.put(family, position_key(other), row(db, family, one));
    }
  });
  EXPECT_EQ(first_bad(VerifyCheck::leaves), one);
}

TEST_F(AccessLogVerifyTest, AT04_NamesAnAccessRecordThatWasPutInTheNextOnesPlace) {
  const std::uint64_t at = x_first + 7;
  tamper([&](LogDb& db, LogBatch& batch) {
    for (const Family family : {Family::leaves, Family::bodies}) {
      Bytes value = row(db, family, at);
      if (family == Family::leaves) store_be64(&value[8], at + 1);
      batch.put(family, position_key(at + 1), value);
    }
  });
  EXPECT_EQ(first_bad(VerifyCheck::streams), at + 1);
}

}  // namespace
}  // namespace cartella::cases
