// api/route.h: one row of the route table: what may be asked, by whom, and how it is recorded.
//
// The table is the inventory of the API: the router, the role matrix and the comparison with
// openapi.yaml read it. A row without a permission does not compile. Threads: constant data.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "base/log.h"
#include "cases/access_log.h"
#include "cases/visibility.h"

namespace cartella::api {

// Which roles a route is for. There is no default on purpose.
class Permission {
 public:
  consteval Permission(std::initializer_list<cases::Role> roles) {
    for (const cases::Role role : roles) x_roles |= bit(role);
  }
  // Nobody needs to be known.
  static consteval Permission anybody() { return Permission(0x8000'0000u); }
  // Whoever is logged in, in any role or none.
  static consteval Permission logged_in() { return Permission(0x4000'0000u); }

  constexpr bool is_public() const { return (x_roles & 0x8000'0000u) != 0; }
  constexpr bool is_for_anybody_logged_in() const { return (x_roles & 0x4000'0000u) != 0; }
  constexpr bool allows(cases::Role role) const {
    return is_public() || is_for_anybody_logged_in() || (x_roles & bit(role)) != 0;
  }

 private:
  constexpr explicit Permission(std::uint32_t roles) : x_roles(roles) {}
  static constexpr std::uint32_t bit(cases::Role role) {
    return role == cases::Role::none ? 0 : 1u << static_cast<unsigned>(role);
  }
  std::uint32_t x_roles = 0;
};

// How an answer is recorded. Where people may be shown, an answer 200 without a look is our bug.
enum class Audit : std::uint8_t {
  none,     // nothing about a person of the service
  look,     // at one person, case, card or text
  list,     // people are listed
  search,   // the terms are recorded as a digest
  append,   // the events are their own record; of log-ins and grants, administrators' stream
  release,  // data leave the screen
};

struct Call;
struct Answer;
using RouteHandler = Result<Answer> (*)(Call&);

struct Route {
  Method method;
  std::string_view path;      // "/v1/cases/{case}/notes"
  ConstantText operation_id;  // as openapi.yaml has it
  Permission permission;
  Audit audit;
  RouteHandler handler;
  std::string_view command = {};       // of a command route: its name in the table of commands
  std::string_view path_field = {};    // the command's field that the path gives
  bool needs_step_up = false;          // dangerous: a fresh proof of who is there
  bool is_for_stale_password = false;  // also for who must change the password first
};

std::span<const Route> routes();

// Values of the braces of a path, by name.
using PathValues = std::vector<std::pair<std::string_view, std::string>>;

struct RouteMatch {
  const Route* route = nullptr;      // nullptr: no such path, or not with this method
  std::vector<Method> allowed = {};  // of that path, where the method is not one of them
  PathValues values = {};
};
RouteMatch match_route(Method method, std::string_view path);

}  // namespace cartella::api
