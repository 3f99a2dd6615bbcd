#include "cases/encode.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::encode_body;
using schema::id_data;
using schema::text_from;

Bytes encode(const OpenCard& command, const SubjectId& subject, bool anonymous) {
  return encode_body<schema::CardOpened>([&](auto to) {
    to.setNumber(command.number);
    to.setSubject(id_data(subject));
    to.setAnonymous(anonymous);
    to.setAccessDate(command.access_date.days);
    to.setMode(text_from(command.mode));
    to.setInterlocutor(text_from(command.interlocutor));
    to.setMotive(text_from(command.motive));
    to.setMotiveText(text_from(command.motive_text));
    to.setInformed(command.informed);
    to.setOffice(id_data(command.office));
    to.setContactPoint(text_from(command.contact_point));
    to.setEnte(id_data(command.ente));
    to.setOperator(id_data(command.worker));
    to.setHomeless(command.homeless);
  });
}

Bytes encode(const ReporterValue& reporter) {
  return encode_body<schema::CardReporterRecorded>([&](auto to) {
    to.setRelation(text_from(reporter.relation));
    to.setName(text_from(reporter.name));
    to.setPhone(text_from(reporter.phone));
    to.setProtected(reporter.is_protected);
  });
}

Bytes encode(const NeedsValue& needs) {
  return encode_body<schema::CardNeedsRecorded>([&](auto to) {
    auto list = to.initNeeds(static_cast<unsigned>(needs.needs.size()));
    for (unsigned i = 0; i < list.size(); ++i) list.set(i, id_data(needs.needs[i]));
    to.setOtherText(text_from(needs.other_text));
  });
}

Bytes encode(const ServicesValue& services) {
  return encode_body<schema::CardServicesRequested>([&](auto to) {
    auto list = to.initServices(static_cast<unsigned>(services.services.size()));
    for (unsigned i = 0; i < list.size(); ++i) list.set(i, id_data(services.services[i]));
    to.setOtherText(text_from(services.other_text));
  });
}

Bytes encode(const ClosingValue& closing) {
  return encode_body<schema::CardClosed>([&](auto to) {
    to.setCardType(text_from(closing.card_type));
    to.setTakenInCharge(closing.taken_in_charge);
    to.setMunicipalOnly(closing.municipal_only);
    to.setComplete(closing.complete);
  });
}

Bytes encode(const LinkCardToCase& command) {
  return encode_body<schema::CardLinkedToCase>([&](auto to) {
    to.setCaseStream(id_data(command.case_stream));
    to.setState(text_from(command.state));
    to.setNote(text_from(command.note));
  });
}

}  // namespace cartella::cases
