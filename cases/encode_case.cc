#include "cases/encode.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::encode_body;
using schema::id_data;
using schema::text_from;
using schema::time_value;

namespace {

template <class List>
void fill_subjects(const std::vector<SubjectId>& from, List list) {
  for (unsigned i = 0; i < list.size(); ++i) list.set(i, id_data(from[i]));
}

}  // namespace

Bytes encode(const OpenCase& command, const SubjectId& subject) {
  return encode_body<schema::CaseOpened>([&](auto to) {
    to.setNumber(command.number);
    to.setSubject(id_data(subject));
    to.setPersonStream(id_data(command.person));
    to.setCard(id_data(command.card));
    to.setNote(text_from(command.note));
    to.setEnte(id_data(command.ente));
    to.setSector(id_data(command.sector));
    to.setOperator(id_data(command.worker));
  });
}

Bytes encode(const ChangeCaseState& command, CaseStatus from) {
  return encode_body<schema::CaseStateChanged>([&](auto to) {
    to.setState(static_cast<schema::CaseState>(command.state));
    to.setFrom(static_cast<schema::CaseState>(from));
    to.setOperator(id_data(command.worker));
    to.setSector(id_data(command.sector));
    to.setEnte(id_data(command.ente));
    to.setToSector(id_data(command.to_sector));
    to.setToOperator(id_data(command.to_operator));
    to.setToEnte(id_data(command.to_ente));
    to.setNote(text_from(command.note));
    to.setAdministrativeDate(time_value(command.administrative_date));
  });
}

Bytes encode(const SetCategory& command) {
  return encode_body<schema::CaseCategorySet>([&](auto to) {
    to.setCategory(text_from(command.category));
    to.setPrevalent(command.prevalent);
    to.setEnded(command.ended);
  });
}

Bytes encode(const AssignOperator& command) {
  return encode_body<schema::CaseOperatorAssigned>([&](auto to) {
    to.setOperator(id_data(command.worker));
    to.setSector(id_data(command.sector));
    to.setResponsible(command.responsible);
    to.setEnded(command.ended);
  });
}

Bytes encode(const ShareCase& command) {
  return encode_body<schema::CaseShared>([&](auto to) {
    to.setUnit(id_data(command.unit));
    auto sections = to.initSections(static_cast<unsigned>(command.sections.size()));
    for (unsigned i = 0; i < sections.size(); ++i) sections.set(i, text_from(command.sections[i]));
    to.setReason(text_from(command.reason));
    to.setRevoked(command.revoked);
  });
}

Bytes encode(const RecordInterview& command, const SubjectId& subject) {
  return encode_body<schema::InterviewRecorded>([&](auto to) {
    to.setCaseStream(id_data(command.case_stream));
    to.setSubject(id_data(subject));
    to.setReserved(command.reserved);
    to.setText(text_from(command.text));
    to.setWithWhom(text_from(command.with_whom));
    to.setOperator(id_data(command.worker));
    to.setHeldAt(command.held_at.us);
    fill_subjects(command.mentions,
                  to.initMentions(static_cast<unsigned>(command.mentions.size())));
    to.setSector(id_data(command.sector));
    to.setSecondLevel(text_from(command.second_level));
  });
}

Bytes encode(const RecordNote& command, const SubjectId& subject) {
  return encode_body<schema::NoteRecorded>([&](auto to) {
    to.setCaseStream(id_data(command.case_stream));
    to.setSubject(id_data(subject));
    to.setText(text_from(command.text));
    to.setPrivate(command.is_private);
    to.setOperator(id_data(command.worker));
    fill_subjects(command.mentions,
                  to.initMentions(static_cast<unsigned>(command.mentions.size())));
  });
}

}  // namespace cartella::cases
