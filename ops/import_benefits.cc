#include "ops/import_stages.h"

namespace cartella::ops {

namespace {

cases::GrantBenefit grant_of(StageState& state, const SourceBenefit& benefit,
                             const StreamId& person) {
  cases::GrantBenefit grant;
  grant.person = person;
  // A case of another ente is another controller's: the benefit then stands without it.
  if (benefit.case_index != kNoIndex && state.source.cases[benefit.case_index].ente == benefit.ente)
    grant.case_stream = state.cases[benefit.case_index];
  grant.paying_ente = state.entes[benefit.ente];
  grant.protocol = benefit.protocol;
  grant.protocol_date = benefit.protocol_date;
  grant.inps_code = benefit.inps_code;
  grant.inps_name = benefit.inps_name;
  grant.periodic = benefit.periodic;
  grant.means_test = benefit.means_test;
  grant.dsu_number = benefit.dsu_number;
  grant.dsu_year = benefit.dsu_year;
  grant.dsu_date = benefit.dsu_date;
  grant.event_date = benefit.event_date;
  grant.period_from = benefit.period_from;
  grant.period_to = benefit.period_to;
  grant.in_charge = benefit.in_charge;
  grant.user_area = benefit.user_area;
  grant.category = benefit.category;
  grant.beneficiary_kind = benefit.beneficiary_kind;
  grant.sector = state.sector(benefit.sector);
  grant.worker = state.worker(benefit.worker);
  return grant;
}

cases::RecordDelivery delivery_of(const StageState& state, const SourceDelivery& delivery,
                                  const StreamId& benefit) {
  cases::RecordDelivery command;
  command.benefit = benefit;
  command.delivered_on = delivery.on;
  command.amount_cents = delivery.amount;
  command.user_cents = delivery.user;
  command.health_cents = delivery.health;
  command.other_cents = delivery.other;
  command.ente_cents = delivery.amount - delivery.user - delivery.health - delivery.other;
  command.worker = state.worker(delivery.worker);
  command.status = delivery.status;
  command.delivered_to = delivery.to;
  return command;
}

// The kind of intervention is a row of the predecessor's own tree, which we do not have: the
// benefit keeps the way back to it.
cases::CommandContext granting_context(const StageState& state, const SourceBenefit& benefit) {
  const Deed deed{benefit.recorded_at, benefit.author, state.sector(benefit.sector)};
  cases::CommandContext context = state.context(benefit.ente, benefit.ref, deed);
  if (!benefit.intervention.empty())
    context.external_refs.push_back({"SISO", "CS_C_TIPO_INTERVENTO", benefit.intervention});
  if (!benefit.custom_intervention.empty())
    context.external_refs.push_back(
        {"SISO", "CS_C_TIPO_INTERVENTO_CUSTOM", benefit.custom_intervention});
  return context;
}

void import_benefit(StageState& state, const SourceBenefit& benefit) {
  ImportRun& run = state.run;
  const PersonAt& person = state.person_at(benefit.person, benefit.ente);
  std::optional<cases::Outcome> granted;
  if (person.stream.is_zero())
    run.refuse(benefit.ref, "missing_person", Severity::rejected);
  else
    granted = run.execute(granting_context(state, benefit), grant_of(state, benefit, person.stream),
                          benefit.ref);
  if (run.stopped()) return;
  for (const SourceDelivery& delivery : benefit.deliveries) {
    if (!granted) {
      run.refuse(delivery.ref, "missing_benefit", Severity::rejected);
      continue;
    }
    const Deed deed{delivery.recorded_at, delivery.author, state.sector(delivery.sector)};
    run.execute(state.context(benefit.ente, delivery.ref, deed),
                delivery_of(state, delivery, granted->stream), delivery.ref);
  }
}

}  // namespace

Status import_benefits(StageState& state) {
  return state.run.each(
      "CS_I_INTERVENTO_ESEG_MAST", state.source.benefits.size(),
      [&](std::size_t index) { return state.source.benefits[index].person; },
      [&](std::size_t index) { import_benefit(state, state.source.benefits[index]); });
}

}  // namespace cartella::ops
