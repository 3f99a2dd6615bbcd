// ops/import_stages.h: the stages of an import of the predecessor; internal to it.
//
// Results of a stage stand in vectors that are filled by its jobs, one element each, and read by
// the next stage after the wait between them. Threads: see import_run.h.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ops/import_predecessor.h"
#include "ops/import_run.h"
#include "ops/import_source.h"

namespace cartella::ops {

// When, where and by whom something was done in the predecessor: the import only carries it over.
struct Deed {
  TimeUs at;
  Index author = kNoIndex;
  UnitId unit;  // zero: the row names none
};

// One person as one ente knows it: a stream of its own.
struct PersonAt {
  Index person = kNoIndex;
  Index ente = kNoIndex;
  Deed first_met;
  StreamId stream;  // zero: refused
  SubjectId subject;
  std::string contact;  // the last that was recorded; touched only in the person's lane
};

struct StageState {
  ImportRun& run;
  const Source& source;
  const store::Reference* reference;

  std::vector<UnitId> zones;
  std::vector<UnitId> entes;
  std::vector<UnitId> offices;
  std::vector<UnitId> sectors;
  std::vector<OperatorId> operators;
  std::vector<cases::NeedId> needs;
  std::vector<cases::ServiceId> services;
  std::map<std::pair<Index, Index>, Index> person_index;  // (person, ente) -> people
  std::vector<PersonAt> people;
  std::vector<std::vector<Index>> people_of;  // person -> people
  std::vector<StreamId> cards;                // zero: refused
  std::vector<StreamId> cases;

  StageState(ImportRun& to, const Source& from, const store::Reference* residents)
      : run(to), source(from), reference(residents) {}

  ControllerId controller(Index ente) const { return cases::controller_of(entes[ente]); }
  UnitId sector(Index index) const { return index == kNoIndex ? UnitId{} : sectors[index]; }
  UnitId ente(Index index) const { return index == kNoIndex ? UnitId{} : entes[index]; }
  OperatorId worker(Index index) const {
    return index == kNoIndex ? OperatorId{} : operators[index];
  }
  cases::CommandContext context(Index ente, const SourceRef& ref, const Deed& deed) const {
    cases::CommandContext context = run.context(controller(ente), ref, deed.at);
    context.on_behalf_of = worker(deed.author);
    context.unit = deed.unit;
    return context;
  }
  PersonAt& person_at(Index person, Index ente) { return people[person_index.at({person, ente})]; }
};

// Phone numbers and addresses are recorded when they differ from the person's last ones. To be
// called in the person's lane; `context` has the id of the contact.
void record_contact(StageState& state, PersonAt& at, const cases::CommandContext& context,
                    const SourceRef& ref, const cases::RecordContact& contact);

Status import_organisation(StageState& state);  // import_organisation.cc
Status import_people(StageState& state);        // import_people.cc
Status import_cards(StageState& state);         // import_cards.cc
Status import_cases(StageState& state);         // import_cases.cc
Status import_benefits(StageState& state);      // import_benefits.cc

}  // namespace cartella::ops
