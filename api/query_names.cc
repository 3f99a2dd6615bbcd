#include "api/query_names.h"

#include <algorithm>
#include <array>
#include <string>

namespace cartella::api {

namespace {

struct QueryNames {
  std::string_view operation_id;
  std::string_view names;  // each between spaces
};

constexpr std::string_view kPage = " limit cursor ";
constexpr std::string_view kPosition = " min_position ";
constexpr std::string_view kMoment = " min_position as_of valid_at ";
constexpr std::string_view kPages = " limit cursor min_position ";
constexpr std::string_view kPagesOfMoment = " limit cursor min_position as_of valid_at ";
constexpr std::string_view kRange = " from to ";

constexpr auto kQueryNames = std::to_array<QueryNames>({
    {"listSessions", kPage},
    {"listTokens", kPage},
    {"showCodeList", kPage},
    {"searchPeople", kPosition},
    {"showInterview", kPosition},
    {"showNote", kPosition},
    {"showCaseloadCounts", kPosition},
    {"showBenefit", kPosition},
    {"showOrganisation", kPosition},
    {"makeReport", kPosition},
    {"exportReport", kPosition},
    {"showRightsRequest", kPosition},
    {"showPerson", kMoment},
    {"showCard", kMoment},
    {"showCase", kMoment},
    {"showPersonTimeline", kPagesOfMoment},
    {"showPersonHistory", kPagesOfMoment},
    {"showCaseTimeline", kPagesOfMoment},
    {"showCaseHistory", kPagesOfMoment},
    {"listPersonCases", kPages},
    {"listPersonCards", kPages},
    {"listPersonBenefits", kPages},
    {"listPersonAccesses", kPages},
    {"listAuditMandates", kPages},
    {"listErasures", kPages},
    {"listLegalHolds", kPages},
    {"listRestrictions", kPages},
    {"listRetentionRules", kPages},
    {"listCards", " office from to limit cursor min_position "},
    {"showCaseload", " operator sector state limit cursor min_position "},
    {"listAccesses",
     " from_position to_position actor unit from to operation purpose limit cursor min_position "},
    {"compareCase", kRange},
    {"replayEvents", kRange},
    {"proveConsistency", " old_size new_size "},
});

}  // namespace

bool takes_query(std::string_view operation_id, std::string_view name) {
  const auto row = std::find_if(kQueryNames.begin(), kQueryNames.end(), [&](const auto& each) {
    return each.operation_id == operation_id;
  });
  if (row == kQueryNames.end() || name.find(' ') != std::string_view::npos) return false;
  return row->names.find(" " + std::string(name) + " ") != std::string_view::npos;
}

}  // namespace cartella::api
