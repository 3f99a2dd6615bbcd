// projections/person_index.h: the view of who is known, found by identifier or by name.
//
// One record for each person stream: person facts are recorded per controller (ledger.md 2), so one
// subject may have several. Identifiers and names stand in keys as keyed hashes only. What a viewer
// may see of the hits is decided in cases/, not here. Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "projections/decoded_event.h"
#include "projections/engine.h"
#include "projections/passed_over.h"
#include "projections/projection.h"

namespace cartella::projections {

inline constexpr std::string_view kPersonIndexView = "person_index";
inline constexpr std::size_t kPersonHitsMax = 20;
inline constexpr std::int32_t kNoDate = INT32_MIN;  // as in schema/events.capnp

// schema::IdentifierKind, for callers that do not read Cap'n Proto.
enum class IdentifierKind : std::uint16_t {
  cf = 0,
  cf_provisional = 1,
  stp = 2,
  eni = 3,
  internal = 4,
  alias = 5
};
// "cf", "cf_provisional", "stp", "eni", "internal", "alias"; "other" for one unknown here.
std::string_view identifier_kind_name(IdentifierKind kind);

struct PersonIdentifier {
  IdentifierKind kind = IdentifierKind::cf;
  std::string value;
  std::string issuer;
  std::int32_t valid_from = kNoDate;
  std::int32_t valid_to = kNoDate;
  bool verified = false;
  bool operator==(const PersonIdentifier&) const = default;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.kind, self.value, self.issuer, self.valid_from, self.valid_to, self.verified);
  }
};

// What another person is for this one. Whose key it is, only the vault knows (ledger.md 3).
struct PersonRelation {
  std::string role;
  KeyId other_key;
  std::int32_t valid_from = kNoDate;
  std::int32_t valid_to = kNoDate;  // kNoDate: it goes on
  bool operator==(const PersonRelation&) const = default;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.role, self.other_key, self.valid_from, self.valid_to);
  }
};

struct PersonRecord {
  SubjectId subject;
  ControllerId controller;
  bool anonymous = false;
  std::vector<PersonIdentifier> identifiers;
  std::string surname;
  std::string name;
  std::string sex;
  std::int32_t birth_date = kNoDate;
  std::int32_t death_date = kNoDate;
  std::string birth_place;
  std::string citizenship;
  std::string civil_status;
  std::string comune;  // of residence, Belfiore; else of the registry that knows the person
  std::string street;
  std::string number;
  std::string detail;
  bool homeless = false;
  std::string registry_comune;
  std::string registry_matricola;
  std::string household_number;
  std::string household_role;
  std::vector<PersonRelation> relations;  // in the order of the log, those that ended too
  std::string phone;
  std::string mobile;
  std::string email;
  bool operator==(const PersonRecord&) const = default;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.subject, self.controller, self.anonymous, self.identifiers, self.surname, self.name,
      self.sex, self.birth_date, self.death_date, self.birth_place, self.citizenship,
      self.civil_status, self.comune, self.street, self.number, self.detail, self.homeless,
      self.registry_comune, self.registry_matricola, self.household_number, self.household_role,
      self.relations, self.phone, self.mobile, self.email);
  }
};

// Folds one event of a person stream; events of other types change nothing. invalid_input.
Status fold_person(PersonRecord& person, const DecodedEvent& event);
bool is_person_event(schema::EventType type);

struct PersonQuery {
  // By identifier: the value, and its kind where known. Spaces and case do not matter.
  std::string identifier;
  std::optional<IdentifierKind> identifier_kind;
  // By name: every word must be found in surname or name, in any order, with at most one slip.
  std::string name;
  // Narrowing, with either.
  std::optional<int> birth_year;
  std::string comune;                      // Belfiore code of residence
  std::optional<ControllerId> controller;  // as this one knows people
  std::size_t hits_max = kPersonHitsMax;
  PassedOver passed_over = {};  // neither found nor counted
};

struct PersonHit {
  StreamId stream;
  PersonRecord person;
  int score = 0;  // higher is nearer
};

// Best first; ties by surname, name, birth and id. invalid_argument: neither identifier nor name.
// unavailable, io, corrupt.
Result<std::vector<PersonHit>> find_people(const Engine& engine, const PersonQuery& query);
struct PersonHits {
  std::vector<PersonHit> hits;
  std::size_t count = 0;  // of all that match
};
Result<PersonHits> find_and_count_people(const Engine& engine, const PersonQuery& query);
// not_found.
Result<PersonRecord> read_person(const Engine& engine, const StreamId& person_stream);
// All records of one subject, one for each controller that knows the person.
Result<std::vector<PersonHit>> people_of_subject(const Engine& engine, const SubjectId& subject);

// Every person record, for reports.
Status each_person(const ViewReader& view,
                   const std::function<Status(const StreamId&, const PersonRecord&)>& each);

std::unique_ptr<Projection> make_person_index();

}  // namespace cartella::projections
