#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "api/route.h"
#include "cases/command_json.h"
#include "cases/viewer.h"

namespace cartella::api {
namespace {

struct Documented {
  std::string method;
  std::string path;
  std::string permission;
  std::string audit;
};

// Of our own document, whose form is fixed: path, method and members each have their indent.
std::map<std::string, Documented> documented_operations() {
  std::map<std::string, Documented> all;
  std::ifstream from(std::string(CARTELLA_SOURCE_DIR) + "/api/openapi.yaml");
  std::string line;
  std::string path;
  std::string method;
  Documented* operation = nullptr;
  bool in_paths = false;
  while (std::getline(from, line)) {
    if (!line.empty() && line[0] != ' ') in_paths = line == "paths:";
    if (!in_paths) continue;
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == 2) path = line.substr(2, line.size() - 3);
    if (indent == 4) method = line.substr(4, line.size() - 5);
    const auto member = [&](std::string_view name) -> std::optional<std::string> {
      const std::string start = "      " + std::string(name) + ": ";
      if (!line.starts_with(start)) return std::nullopt;
      return line.substr(start.size());
    };
    if (const auto id = member("operationId")) {
      operation = &all[*id];
      operation->path = path;
      operation->method = method;
    }
    if (const auto roles = member("x-permission")) operation->permission = *roles;
    if (const auto audit = member("x-audit")) operation->audit = *audit;
  }
  return all;
}

std::string word_of(Audit audit) {
  switch (audit) {
    case Audit::none: return "none";
    case Audit::look: return "look";
    case Audit::list: return "list";
    case Audit::search: return "search";
    case Audit::append: return "append";
    case Audit::release: return "release";
  }
  return {};
}

constexpr cases::Role kRoles[] = {cases::Role::caseworker,
                                  cases::Role::coordinator,
                                  cases::Role::intake_desk,
                                  cases::Role::rights_officer,
                                  cases::Role::auditor,
                                  cases::Role::dpo,
                                  cases::Role::application_manager,
                                  cases::Role::system_administrator};

std::string permission_of(const Route& route) {
  if (route.permission.is_public()) return "[pubblico]";
  std::string all = "[";
  for (const cases::Role role : kRoles)
    if (route.permission.allows(role))
      all += (all.size() > 1 ? ", " : "") + std::string(cases::role_word(role));
  return all + "]";
}

std::string path_of(const Route& route) {
  std::string path(route.path);
  if (const auto dots = path.find("..."); dots != std::string::npos) path.erase(dots, 3);
  return path;
}

std::string lower(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return low;
}

TEST(Routes, AreThoseOfTheDocumentWithItsRolesAndRecords) {
  const auto documented = documented_operations();
  std::set<std::string> known;

  for (const Route& route : routes()) {
    const std::string id(route.operation_id.view());
    known.insert(id);
    ASSERT_TRUE(documented.contains(id)) << id << " is not in openapi.yaml";
    const Documented& expected = documented.at(id);
    EXPECT_EQ(path_of(route), expected.path) << id;
    EXPECT_EQ(lower(method_name(route.method)), expected.method) << id;
    EXPECT_EQ(permission_of(route), expected.permission) << id;
    EXPECT_EQ(word_of(route.audit), expected.audit) << id;
  }

  for (const auto& [id, operation] : documented)
    EXPECT_TRUE(known.contains(id)) << id << " of openapi.yaml has no route";
  EXPECT_GT(known.size(), 80u);
}

TEST(Routes, NameCommandsOfTheTableAndTheFieldThatThePathGives) {
  for (const Route& route : routes()) {
    if (route.command.empty()) continue;
    const auto& forms = cases::command_forms();
    const auto form = std::find_if(forms.begin(), forms.end(), [&](const cases::CommandForm& one) {
      return one.name == route.command;
    });
    ASSERT_NE(form, forms.end()) << route.command;
    EXPECT_TRUE(form->is_for_people) << route.command;
    if (route.path_field.empty()) continue;
    const auto fields = form->fields();
    EXPECT_TRUE(std::any_of(fields.begin(), fields.end(), [&](const cases::FieldForm& field) {
      return field.name == route.path_field;
    })) << route.command;
  }
}

// AT-08: an administrator of the system has no route to application data.
TEST(Routes, AT08_GiveTheSystemAdministratorNothingAboutPeople) {
  for (const Route& route : routes()) {
    if (!route.permission.allows(cases::Role::system_administrator)) continue;
    const std::string id(route.operation_id.view());
    const bool is_about_people =
        route.path.starts_with("/v1/people") || route.path.starts_with("/v1/cases") ||
        route.path.starts_with("/v1/cards") || route.path.starts_with("/v1/benefits") ||
        route.path.starts_with("/v1/rights") || route.path.starts_with("/v1/person");
    EXPECT_FALSE(is_about_people) << id;
  }
}

// AT-08: the DPO sees who looked, never what.
TEST(Routes, AT08_GiveTheDpoTheRegisterOfAccessesAndNoContent) {
  std::set<std::string> of_people;
  for (const Route& route : routes())
    if (route.permission.allows(cases::Role::dpo) && !route.permission.is_public() &&
        !route.permission.is_for_anybody_logged_in() &&
        (route.path.starts_with("/v1/people") || route.path.starts_with("/v1/cases") ||
         route.path.starts_with("/v1/cards") || route.path.starts_with("/v1/benefits")))
      of_people.insert(std::string(route.operation_id.view()));

  EXPECT_EQ(of_people, std::set<std::string>{"listPersonAccesses"});
}

TEST(Routes, MatchFixedWordsBeforeValuesAndTellTheMethodsOfAPath) {
  EXPECT_EQ(match_route(Method::get, "/v1/sessions/current").route->operation_id.view(),
            "showSession");
  EXPECT_EQ(match_route(Method::del, "/v1/sessions/0a").route->operation_id.view(),
            "revokeSession");
  const RouteMatch wrong = match_route(Method::put, "/v1/cards");
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_EQ(wrong.allowed.size(), 2u);
  for (const char* path : {"/v1/cases/", "/v1//cases", "/v2/cases", "", "v1/cases", "/v1/Cases"})
    EXPECT_EQ(match_route(Method::get, path).route, nullptr) << path;
}

TEST(Routes, KeepTheSegmentsOfATilesIndexTogether) {
  const RouteMatch match = match_route(Method::get, "/v1/log/tile/0/x001/x234/067.p/12");
  ASSERT_NE(match.route, nullptr);
  ASSERT_EQ(match.values.size(), 2u);
  EXPECT_EQ(match.values[1].second, "x001/x234/067.p/12");
}

}  // namespace
}  // namespace cartella::api
