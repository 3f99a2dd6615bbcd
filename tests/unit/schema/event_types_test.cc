#include "schema/event_types.h"

#include <gtest/gtest.h>

#include <set>

namespace cartella::schema {
namespace {

TEST(EventTypes, AreFoundByNumberAndBySchema) {
  for (const TypeInfo& info : event_types()) {
    EXPECT_EQ(find_type(info.type), &info) << info.name;
    EXPECT_EQ(find_schema(info.schema_id), &info) << info.name;
  }
}

TEST(EventTypes, ThatThisBuildDoesNotKnowAreNotFound) {
  EXPECT_EQ(find_type(static_cast<EventType>(0)), nullptr);
  EXPECT_EQ(find_type(static_cast<EventType>(9999)), nullptr);
  EXPECT_EQ(find_schema(0), nullptr);
}

TEST(EventTypes, HaveEachTheirOwnNumberNameAndSchema) {
  std::set<EventType> numbers;
  std::set<std::string_view> names;
  std::set<std::uint64_t> schemas;
  for (const TypeInfo& info : event_types()) {
    numbers.insert(info.type);
    names.insert(info.name);
    schemas.insert(info.schema_id);
  }
  EXPECT_EQ(numbers.size(), event_types().size());
  EXPECT_EQ(names.size(), event_types().size());
  EXPECT_EQ(schemas.size(), event_types().size());
}

// A clear body is readable by every auditor: it may stand only in kinds that hold opaque ids.
TEST(EventTypes, OfKindsEventAndAccessAreAlwaysSealed) {
  for (const TypeInfo& info : event_types()) {
    const bool sealed_kind = info.kind == LeafKind::event || info.kind == LeafKind::access;
    EXPECT_EQ(sealed_kind, info.domain != KeyDomain::none) << info.name;
  }
}

// Later releases rely on these numbers; a log that exists already holds them.
TEST(EventTypes, ReservedForLaterReleasesKeepTheirNumbers) {
  const std::pair<int, std::string_view> reserved[] = {
      {208, "PersonsLinked"},        {209, "PersonsUnlinked"},
      {201, "IdentifierAdded"},      {210, "PseudonymAssigned"},
      {700, "AccessRecorded"},       {701, "DataDisclosed"},
      {702, "DocumentReleased"},     {703, "NoticeGiven"},
      {800, "ItemMasked"},           {801, "ItemUnmasked"},
      {802, "ProcessingRestricted"}, {803, "ProcessingRestrictionLifted"},
      {804, "LegalHoldPlaced"},      {805, "LegalHoldLifted"},
      {806, "FactCorrected"},        {807, "StatementAdded"},
      {808, "ItemVoided"},           {900, "RetentionRuleSet"},
      {901, "ProcessorAuthorised"},  {902, "StreamTransferred"},
      {903, "AuditMandateDecided"}};
  for (const auto& [number, name] : reserved) {
    const TypeInfo* info = find_type(static_cast<EventType>(number));
    ASSERT_NE(info, nullptr) << name;
    EXPECT_EQ(info->name, name);
  }
}

}  // namespace
}  // namespace cartella::schema
