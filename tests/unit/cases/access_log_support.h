// tests/unit/cases/access_log_support.h: records looks over a real store, and reads them back.
//
// Threads: one; the access log that it holds may be used from many.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cases/access_log.h"
#include "schema/body.h"
#include "tests/unit/cases/log_fixture.h"

namespace cartella::cases {

// What one entry says, as a reader with the keys sees it.
struct SeenReason {
  SubjectId subject;
  std::string reason;
  Bytes result_digest;
};
struct SeenLook {
  crypto::Leaf leaf;
  bool available = false;
  schema::HeaderView header;
  RequestId request_id;
  std::string operation;
  std::string outcome;
  OperatorId actor;
  std::string actor_role;
  UnitId actor_unit;
  OperatorId on_behalf_of;
  std::string client_id;
  std::string ip;
  std::string auth_context;
  std::vector<SubjectId> subjects;
  StreamId case_stream;
  std::string target;
  std::string section;
  std::string relation;
  std::string purpose;
  std::uint32_t result_count = 0;
  std::uint64_t as_of = 0;
  std::string released_to;
  std::string severity;
  std::uint32_t policy_version = 0;
  std::uint32_t repeated = 0;
  Bytes terms;
  Bytes resident;
  std::vector<SeenReason> reasons;  // those that can be read
};

inline Bytes bytes_of(capnp::Data::Reader data) {
  const ByteView view = schema::view_of(data);
  return {view.begin(), view.end()};
}

inline void read_look(schema::AccessRecorded::Reader from, SeenLook& to) {
  using schema::id_from;
  using schema::text_of;
  to.request_id = id_from<RequestId>(from.getRequestId()).value();
  to.operation = text_of(from.getOperation());
  to.outcome = text_of(from.getOutcome());
  to.actor = id_from<OperatorId>(from.getActor()).value();
  to.actor_role = text_of(from.getActorRole());
  to.actor_unit = id_from<UnitId>(from.getActorUnit()).value();
  to.on_behalf_of = id_from<OperatorId>(from.getOnBehalfOf()).value();
  to.client_id = text_of(from.getClientId());
  to.ip = text_of(from.getIp());
  to.auth_context = text_of(from.getAuthContext());
  for (const auto subject : from.getSubjects())
    to.subjects.push_back(id_from<SubjectId>(subject).value());
  to.case_stream = id_from<StreamId>(from.getCaseId()).value();
  to.target = text_of(from.getTarget());
  to.section = text_of(from.getSection());
  to.relation = text_of(from.getRelation());
  to.purpose = text_of(from.getPurpose());
  to.result_count = from.getResultCount();
  to.as_of = from.getAsOf();
  to.released_to = text_of(from.getReleasedTo());
  to.severity = text_of(from.getSeverity());
  to.policy_version = from.getPolicyVersion();
  to.repeated = from.getRepeated();
  to.terms = bytes_of(from.getTerms());
  to.resident = bytes_of(from.getRegistryPerson());
}

class AccessLogFixture : public LogFixture {
 protected:
  void SetUp() override {
    LogFixture::SetUp();
    open_access_log();
  }
  void open_access_log() {
    x_access = AccessLog::open(*x_log, *x_vault, *x_executor, x_clock).value();
  }
  void close() override {
    x_access.reset();
    LogFixture::close();
  }
  void start_again(const store::StoreOptions& options = store_options()) {
    LogFixture::start_again(options);
    open_access_log();
  }

  static Viewer viewer() {
    Viewer viewer;
    viewer.operator_id = kWorker;
    viewer.acting_as = {kEnte, kSector, Role::caseworker};
    viewer.controller = controller_of(kEnte);
    viewer.client_id = "postazione-7";
    viewer.ip = "192.0.2.7";
    viewer.auth_context = "password+totp";
    return viewer;
  }
  static Look look(std::size_t people = 1) {
    Look look;
    look.request_id = id_of<RequestId>(500);
    look.controller = controller_of(kEnte);
    for (std::size_t i = 0; i < people; ++i) look.subjects.push_back(id_of<SubjectId>(1000 + i));
    look.case_stream = id_of<StreamId>(501);
    look.target = "case/" + look.case_stream.hex();
    look.section = "interventi";
    look.relation = Relation::in_charge;
    look.purpose = "presa in carico";
    look.reason = "Colloquio fissato per oggi";
    look.result_count = 1;
    look.as_of = 42;
    static constexpr std::array<std::uint8_t, 3> kResult{1, 2, 3};
    look.result = kResult;
    return look;
  }
  store::Receipt record(const Look& look) { return x_access->record(viewer(), look).value(); }

  SeenLook seen(std::uint64_t position) {
    const auto event =
        crypto::open_event(x_log->eras(), *x_vault, x_log->read(position).value()).value();
    SeenLook to;
    to.leaf = event.leaf;
    to.available = event.segments.at(0).available && event.segments.at(1).available;
    for (const auto& segment : event.segments) {
      if (!segment.available) continue;
      const ByteView message = segment.plaintext.message;
      if (segment.plaintext.schema_id == schema::kHeaderSchemaId) {
        to.header = schema::decode_header(message).value();
      } else if (segment.plaintext.schema_id == capnp::typeId<schema::AccessReason>()) {
        EXPECT_TRUE(schema::with_body<schema::AccessReason>(message, [&](auto from) -> Status {
          to.reasons.push_back({schema::id_from<SubjectId>(from.getSubject()).value(),
                                schema::text_of(from.getReason()),
                                bytes_of(from.getResultDigest())});
          return ok();
        }));
      } else {
        EXPECT_TRUE(schema::with_body<schema::AccessRecorded>(message, [&](auto from) -> Status {
          read_look(from, to);
          return ok();
        }));
      }
    }
    return to;
  }
  SeenLook recorded(const Look& look) { return seen(record(look).first_position); }
  std::size_t month_count() const { return x_executor->organisation()->access_months.size(); }

  std::unique_ptr<AccessLog> x_access;
};

}  // namespace cartella::cases
