#include "cases/state.h"

#include <gtest/gtest.h>

#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

std::shared_ptr<const FoldedItem> item_at(std::int64_t revision) {
  auto item = std::make_shared<FoldedItem>();
  item->revision = revision;
  return item;
}

TEST(StateCache, DropsTheLeastRecentlyUsed) {
  StateCache cache(2);
  cache.put(id_of<StreamId>(1), item_at(0));
  cache.put(id_of<StreamId>(2), item_at(0));
  ASSERT_NE(cache.find(id_of<StreamId>(1)), nullptr);

  cache.put(id_of<StreamId>(3), item_at(0));

  EXPECT_EQ(cache.size(), 2u);
  EXPECT_NE(cache.find(id_of<StreamId>(1)), nullptr);
  EXPECT_EQ(cache.find(id_of<StreamId>(2)), nullptr);
}

TEST(StateCache, NeverGoesBackToAnOlderRevision) {
  StateCache cache(2);
  cache.put(id_of<StreamId>(1), item_at(5));
  cache.put(id_of<StreamId>(1), item_at(4));
  EXPECT_EQ(cache.find(id_of<StreamId>(1))->revision, 5);
  cache.put(id_of<StreamId>(1), item_at(6));
  EXPECT_EQ(cache.find(id_of<StreamId>(1))->revision, 6);
}

TEST(FoldItem, CountsAnErasedEventAndLearnsNothingFromIt) {
  crypto::OpenedEvent erased;
  erased.leaf.revision = 3;
  erased.segments.resize(2);
  FoldedItem item;

  ASSERT_TRUE(fold_item(erased, item));

  EXPECT_EQ(item.revision, 3);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(item.state));
}

TEST(FoldItem, KeepsWhoseAStreamIsWhenOnlyItsBodyIsErased) {
  schema::HeaderView header;
  header.type = schema::EventType::case_opened;
  header.subject = id_of<SubjectId>(4);
  header.controller = controller_of(kEnte);
  crypto::OpenedEvent event;
  event.segments.push_back(
      {schema::KeyClass::base, {}, {0, 0, schema::encode_header(header)}, true});
  event.segments.push_back({schema::KeyClass::base, {}, {}, false});
  FoldedItem item;

  ASSERT_TRUE(fold_item(event, item));

  EXPECT_EQ(std::get<CaseState>(item.state).subject, header.subject);
}

TEST(FoldItem, RefusesAHeaderThatDoesNotDecode) {
  crypto::OpenedEvent event;
  event.segments.push_back({schema::KeyClass::base, {}, {0, 0, Bytes(7, 1)}, true});
  FoldedItem item;
  EXPECT_EQ(fold_item(event, item).error().code, Errc::invalid_input);
}

TEST(OrganisationStream, IsFixedByTheLogAndApartFromTheOthers) {
  LogId log;
  log.bytes[0] = 1;
  EXPECT_EQ(organisation_stream(log), organisation_stream(log));
  EXPECT_NE(organisation_stream(log), log_stream(log));
  EXPECT_NE(log_stream(log), key_stream(log));
  EXPECT_NE(organisation_stream(log), organisation_stream(LogId{}));
}

}  // namespace
}  // namespace cartella::cases
