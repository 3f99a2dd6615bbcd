// The fields of the commands about benefits and deliveries, by the names of their members.
#include "cases/command_fields.h"

namespace cartella::cases {

template <class F>
void fields(F& f, GrantBenefit& c) {
  f.need("person", c.person);
  f.may("case_stream", c.case_stream);
  f.need("paying_ente", c.paying_ente);
  f.need("protocol", c.protocol);
  f.may("protocol_date", c.protocol_date);
  f.need("inps_code", c.inps_code);
  f.may("inps_name", c.inps_name);
  f.may("periodic", c.periodic);
  f.may("means_test", c.means_test);
  f.may("dsu_number", c.dsu_number);
  f.may("dsu_year", c.dsu_year);
  f.may("dsu_date", c.dsu_date);
  f.may("event_date", c.event_date);
  f.may("period_from", c.period_from);
  f.may("period_to", c.period_to);
  f.may("in_charge", c.in_charge);
  f.may("user_area", c.user_area);
  f.may("supersedes", c.supersedes);
  f.may("category", c.category);
  f.may("beneficiary_kind", c.beneficiary_kind);
  f.may("sector", c.sector);
  f.may("worker", c.worker);
}
template <class F>
void fields(F& f, RecordDelivery& c) {
  f.need("benefit", c.benefit);
  f.need("delivered_on", c.delivered_on);
  f.may("amount_cents", c.amount_cents);
  f.may("ente_cents", c.ente_cents);
  f.may("user_cents", c.user_cents);
  f.may("health_cents", c.health_cents);
  f.may("other_cents", c.other_cents);
  f.may("minutes", c.minutes);
  f.may("worker", c.worker);
  f.may("supersedes", c.supersedes);
  f.may("status", c.status);
  f.may("delivered_to", c.delivered_to);
}
template <class F>
void fields(F& f, CloseBenefit& c) {
  f.need("benefit", c.benefit);
  f.need("closed_on", c.closed_on);
  f.may("reason", c.reason);
}

std::vector<CommandForm> benefit_forms() {
  return {form_of<GrantBenefit>("grant_benefit"), form_of<RecordDelivery>("record_delivery"),
          form_of<CloseBenefit>("close_benefit")};
}

}  // namespace cartella::cases
