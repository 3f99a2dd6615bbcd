// projections/organisation.h: the view of who the ambito is: zones, enti, offices, sectors,
// operators, their roles, and the labels of needs, services and categories.
//
// Configuration, not people who are served; a user name is sealed under the staff domain and stands
// in a value only.
// Threads: free functions, any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "projections/engine.h"
#include "projections/projection.h"

namespace cartella::projections {

inline constexpr std::string_view kOrganisationView = "organisation";

struct Ambito {
  std::string name;
  std::string slug;
  std::string region_istat;
  std::string mode;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.name, self.slug, self.region_istat, self.mode);
  }
};
struct Zone {
  std::string name;
  std::string code;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.name, self.code);
  }
};
struct Ente {
  std::string name;
  std::string belfiore;
  UnitId zone;
  bool lead = false;
  std::string export_code;
  std::string seat_code;
  bool enabled = false;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.name, self.belfiore, self.zone, self.lead, self.export_code, self.seat_code,
      self.enabled);
  }
};
struct Office {
  std::string name;
  UnitId ente;
  bool needs_required = false;
  bool services_required = false;
  std::string contact_point;
  bool enabled = false;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.name, self.ente, self.needs_required, self.services_required, self.contact_point,
      self.enabled);
  }
};
struct Sector {
  std::string name;
  UnitId ente;
  std::string second_level;
  bool enabled = false;
  std::vector<std::string> categories = {};  // codes that it manages; empty: every one
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.name, self.ente, self.second_level, self.enabled, self.categories);
  }
};
struct Operator {
  std::string username;
  bool enabled = false;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.username, self.enabled);
  }
};
// A need, a service or a category: what a code means.
struct Label {
  std::string code;  // of a category; empty for needs and services, which have ids
  std::string label;
  std::string group;  // class of a need
  bool flag = false;  // need: economic; service: external
  bool enabled = false;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.code, self.label, self.group, self.flag, self.enabled);
  }
};
struct Assignment {
  OperatorId operator_id;
  UnitId sector;
  std::string role_group;
  bool ended = false;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.operator_id, self.sector, self.role_group, self.ended);
  }
};

// A role that an operator has, or had.
struct RoleGrant {
  OperatorId operator_id;
  std::string role;               // "operatore", "coordinatore", ...
  UnitId unit;                    // zero: the whole ambito
  std::int32_t from = INT32_MIN;  // days since 1970; INT32_MIN: since it was granted
  std::int32_t to = INT32_MAX;    // INT32_MAX: until it is revoked
  std::string act;
  OperatorId granted_by;
  bool revoked = false;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.operator_id, self.role, self.unit, self.from, self.to, self.act, self.granted_by,
      self.revoked);
  }
};

struct Organisation {
  Ambito ambito;
  std::map<UnitId, Zone> zones;
  std::map<UnitId, Ente> enti;
  std::map<UnitId, Office> offices;
  std::map<UnitId, Sector> sectors;
  std::map<OperatorId, Operator> operators;
  std::map<UnitId, Label> needs;
  std::map<UnitId, Label> services;
  std::map<std::string, Label> categories;  // by code
  std::vector<Assignment> assignments;
  std::vector<RoleGrant> roles;
};

// The whole organisation: some thousand small rows. unavailable, io, corrupt.
Result<Organisation> read_organisation(const Engine& engine);
Result<Organisation> read_organisation(const ViewReader& view);

std::unique_ptr<Projection> make_organisation();

}  // namespace cartella::projections
