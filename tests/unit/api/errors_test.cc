#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "api/router.h"

namespace cartella::api {
namespace {

constexpr Errc kAll[] = {Errc::invalid_argument,
                         Errc::invalid_input,
                         Errc::not_found,
                         Errc::conflict,
                         Errc::idempotency_conflict,
                         Errc::erased,
                         Errc::claim_taken,
                         Errc::refused,
                         Errc::illegal_transition,
                         Errc::permission_denied,
                         Errc::subject_erased,
                         Errc::key_revoked,
                         Errc::bad_signature,
                         Errc::clock_suspect,
                         Errc::out_of_space,
                         Errc::unavailable,
                         Errc::in_use,
                         Errc::wrong_passphrase,
                         Errc::corrupt,
                         Errc::rollback,
                         Errc::io,
                         Errc::unsupported};

// "| `code` | meaning | HTTP | exit | retry |"
std::map<std::string, unsigned> documented_statuses() {
  std::map<std::string, unsigned> all;
  std::ifstream from(std::string(CARTELLA_SOURCE_DIR) + "/docs/errors.md");
  std::string line;
  while (std::getline(from, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
    if (cells.size() < 6 || cells[1].size() < 4 || cells[1][1] != '`') continue;
    const std::string code = cells[1].substr(2, cells[1].size() - 4);
    const std::string status = cells[3];
    if (status.find_first_of("0123456789") == std::string::npos) continue;
    all[code] = static_cast<unsigned>(std::stoul(status));
  }
  return all;
}

TEST(Errors, HaveTheStatusOfTheirPage) {
  const auto documented = documented_statuses();
  const Request request;

  for (const Errc code : kAll) {
    const std::string name(errc_name(code));
    ASSERT_TRUE(documented.contains(name)) << name;
    const Response response = problem_of(request, fail(code, "x: y"));
    EXPECT_EQ(response.status, documented.at(name)) << name;
    EXPECT_EQ(response.content_type, "application/problem+json") << name;
    EXPECT_NE(response.body.find("urn:cartella:problem:" + name), std::string::npos) << name;
  }
}

// A suspect clock, a full disk, a view that stopped: refused with a reason, and when to come back.
TEST(Errors, SayWhenToComeBackWhereThatHelps) {
  const Request request;
  const auto retry_after = [&](Errc code) {
    const Response response = problem_of(request, fail(code, "la vista case_file è ferma"));
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [](const Field& field) { return field.name == "Retry-After"; });
  };

  EXPECT_TRUE(retry_after(Errc::unavailable));
  EXPECT_TRUE(retry_after(Errc::clock_suspect));
  EXPECT_FALSE(retry_after(Errc::not_found));
  EXPECT_NE(problem_of(request, fail(Errc::unavailable, "la vista case_file è ferma"))
                .body.find("case_file"),
            std::string::npos);
}

// What the operating system or a damaged file said stays inside.
TEST(Errors, KeepTheInsideInside) {
  const Request request;
  for (const Errc code : {Errc::io, Errc::corrupt, Errc::rollback, Errc::not_found, Errc::conflict,
                          Errc::claim_taken, Errc::erased})
    EXPECT_EQ(
        problem_of(request, fail(code, "un-dettaglio-interno")).body.find("un-dettaglio-interno"),
        std::string::npos)
        << errc_name(code);
}

}  // namespace
}  // namespace cartella::api
