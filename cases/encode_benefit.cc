#include "cases/encode.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::date_value;
using schema::encode_body;
using schema::id_data;
using schema::text_from;

Bytes encode(const GrantBenefit& command, const SubjectId& subject) {
  return encode_body<schema::BenefitGranted>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setCaseStream(id_data(command.case_stream));
    to.setPayingEnte(id_data(command.paying_ente));
    to.setProtocol(text_from(command.protocol));
    to.setProtocolDate(date_value(command.protocol_date));
    to.setInpsCode(text_from(command.inps_code));
    to.setInpsName(text_from(command.inps_name));
    to.setPeriodic(command.periodic);
    to.setMeansTest(static_cast<std::uint8_t>(command.means_test));
    to.setDsuNumber(text_from(command.dsu_number));
    to.setDsuYear(static_cast<std::uint16_t>(command.dsu_year));
    to.setDsuDate(date_value(command.dsu_date));
    to.setEventDate(date_value(command.event_date));
    to.setPeriodFrom(date_value(command.period_from));
    to.setPeriodTo(date_value(command.period_to));
    to.setInCharge(static_cast<schema::InCharge>(command.in_charge));
    to.setUserArea(static_cast<std::uint8_t>(command.user_area));
    to.setSupersedes(id_data(command.supersedes));
    to.setCategory(text_from(command.category));
    to.setBeneficiaryKind(text_from(command.beneficiary_kind));
    to.setSector(id_data(command.sector));
    to.setOperator(id_data(command.worker));
  });
}

Bytes encode(const RecordDelivery& command) {
  return encode_body<schema::BenefitDelivered>([&](auto to) {
    to.setDeliveredOn(command.delivered_on.days);
    to.setAmountCents(command.amount_cents);
    to.setEnteCents(command.ente_cents);
    to.setUserCents(command.user_cents);
    to.setHealthCents(command.health_cents);
    to.setOtherCents(command.other_cents);
    to.setMinutes(command.minutes);
    to.setOperator(id_data(command.worker));
    to.setSupersedes(id_data(command.supersedes));
    to.setStatus(text_from(command.status));
    to.setDeliveredTo(date_value(command.delivered_to));
  });
}

Bytes encode(const CloseBenefit& command) {
  return encode_body<schema::BenefitClosed>([&](auto to) {
    to.setClosedOn(command.closed_on.days);
    to.setReason(text_from(command.reason));
  });
}

Bytes encode_superseded(const StreamId& by) {
  return encode_body<schema::BenefitSuperseded>([&](auto to) { to.setBy(id_data(by)); });
}

}  // namespace cartella::cases
