#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/local_time.h"
#include "cases/decide_parts.h"
#include "cases/encode.h"

namespace cartella::cases {

using schema::EventType;

namespace {

constexpr std::size_t kProtocolLengthMax = 32;   // ProtocolloDomanda of the PS flow, siuss.md 3.3
constexpr std::size_t kDsuNumberLengthMax = 30;  // NumeroProtocolloDSU, same place
constexpr std::int64_t kCentsMax = 1'000'000'000'000;  // ten billion euro: far above any real one

Status check_protocol(const Deciding& deciding, const GrantBenefit& grant) {
  if (grant.protocol.empty())
    return refuse("protocol_missing", "manca il protocollo della domanda");
  if (code_points(grant.protocol) > kProtocolLengthMax)
    return refuse("protocol_too_long", "il protocollo supera 32 caratteri");
  if (grant.protocol_date)
    return check_not_future(deciding, *grant.protocol_date, "future_protocol_date");
  return ok();
}

// The predecessor often kept one part only; what it knew of a past benefit is worth keeping.
Status check_dsu(const Deciding& deciding, const GrantBenefit& grant) {
  const int given =
      (grant.dsu_number.empty() ? 0 : 1) + (grant.dsu_year == 0 ? 0 : 1) + (grant.dsu_date ? 1 : 0);
  if (given != 0 && given != 3 && !deciding.context.historical)
    return refuse("dsu_incomplete", "numero, anno e data della DSU vanno indicati tutti o nessuno");
  if (grant.dsu_year != 0 && (grant.dsu_year < 1000 || grant.dsu_year > 9999))
    return refuse("dsu_year", "l'anno della DSU ha quattro cifre");
  if (code_points(grant.dsu_number) > kDsuNumberLengthMax)
    return refuse("dsu_number_too_long", "il numero della DSU supera 30 caratteri");
  return ok();
}

Status check_period(const GrantBenefit& grant) {
  if (grant.period_to && !grant.period_from)
    return refuse("period_without_start", "il periodo ha una fine ma non un inizio");
  if (!grant.period_from || !grant.period_to) return ok();
  if (*grant.period_to < *grant.period_from)
    return refuse("period_reversed", "il periodo finisce prima di cominciare");
  if (civil(*grant.period_from).year != civil(*grant.period_to).year)
    return refuse("period_over_years", "il periodo deve stare in un solo anno solare");
  return ok();
}

Status check_classification(const GrantBenefit& grant) {
  if (grant.means_test < 1 || grant.means_test > 4)
    return refuse("means_test", "la prova dei mezzi va da 1 a 4");
  if (grant.user_area < 0 || grant.user_area > 3)
    return refuse("user_area", "l'area di utenza va da 1 a 3");
  if (grant.in_charge == InCharge::yes && grant.user_area == 0)
    return refuse("user_area_missing", "la presa in carico chiede l'area di utenza");
  constexpr std::array<std::string_view, 3> kKinds = {"INDIVIDUALE", "NUCLEO", "GRUPPO"};
  if (std::find(kKinds.begin(), kKinds.end(), grant.beneficiary_kind) == kKinds.end())
    return refuse("beneficiary_kind", "il beneficiario è INDIVIDUALE, NUCLEO o GRUPPO");
  if (grant.inps_code == "A1.05.01" && !grant.event_date)
    return refuse("event_date_missing", "la prestazione A1.05.01 chiede la data dell'evento");
  return ok();
}

// The day on which the code has to be valid: when the benefit starts.
Date code_date(const Deciding& deciding, const GrantBenefit& grant) {
  if (grant.period_from) return *grant.period_from;
  if (grant.event_date) return *grant.event_date;
  if (grant.protocol_date) return *grant.protocol_date;
  return std::min(deciding.environment.today, local_day(deciding.context.occurred_at));
}

Status check_counts(const BenefitState& benefit) {
  if (benefit.superseded_by.is_zero()) return ok();
  return refuse("superseded_benefit", "la prestazione è stata sostituita da un'altra");
}

// The benefit that this one takes the place of. not_found, refused.
using Superseded = std::optional<Found<BenefitState>>;
Result<Superseded> find_superseded(const Deciding& deciding, const GrantBenefit& grant,
                                   const SubjectId& subject) {
  if (grant.supersedes.is_zero()) return Superseded{};
  CARTELLA_TRY(const auto old, find_item<BenefitState>(deciding, grant.supersedes));
  if (old.state.subject != subject)
    return refuse("other_person", "la prestazione sostituita è di un'altra persona");
  const auto successor = deciding.state.claims.find(superseded_claim(grant.supersedes));
  if (successor != deciding.state.claims.end() && successor->second)
    return refuse("superseded_benefit", "la prestazione è già stata sostituita da un'altra");
  CARTELLA_TRY(check_counts(old.state));
  return Superseded(old);
}

// Free, or the protocol of the benefit that this one supersedes. claim_taken, refused.
Result<bool> protocol_is_free(const Deciding& deciding, const GrantBenefit& grant,
                              const SubjectId& subject, const Superseded& old) {
  const auto at = deciding.state.claims.find(protocol_claim(grant.paying_ente, grant.protocol));
  if (at == deciding.state.claims.end() || !at->second) return true;
  if (old) {
    if (old->state.protocol == protocol_digest(grant.paying_ente, grant.protocol)) return false;
    return refuse("protocol_taken", "il protocollo è di una prestazione che non viene sostituita");
  }
  if (SubjectId{*at->second} != subject)
    return fail(Errc::claim_taken, "protocol_taken: il protocollo è di un'altra persona");
  return refuse("protocol_taken", "l'ente ha già una prestazione con questo protocollo");
}

Status check_case(const Deciding& deciding, const GrantBenefit& grant, const SubjectId& subject) {
  if (grant.case_stream.is_zero()) return ok();
  CARTELLA_TRY(const auto found, find_item<CaseState>(deciding, grant.case_stream));
  if (found.state.subject != subject)
    return refuse("other_person", "il caso è di un'altra persona");
  return ok();
}

Status check_grant(const Deciding& deciding, const GrantBenefit& grant) {
  if (grant.paying_ente.is_zero()) return refuse("paying_ente_missing", "manca l'ente erogatore");
  CARTELLA_TRY(check_ente(deciding, grant.paying_ente));
  CARTELLA_TRY(check_sector(deciding, grant.sector));
  CARTELLA_TRY(check_operator(deciding, grant.worker));
  CARTELLA_TRY(check_protocol(deciding, grant));
  CARTELLA_TRY(check_dsu(deciding, grant));
  CARTELLA_TRY(check_period(grant));
  return check_classification(grant);
}

// A service without cost has its minutes; the predecessor often recorded neither, and what was
// delivered then is still a fact.
Status check_amounts(const Deciding& deciding, const RecordDelivery& delivery) {
  const std::array shares = {delivery.ente_cents, delivery.user_cents, delivery.health_cents,
                             delivery.other_cents};
  std::int64_t sum = 0;
  for (const std::int64_t share : shares) {
    if (share < 0) return refuse("negative_amount", "una quota è negativa");
    if (share > kCentsMax) return refuse("amount_too_large", "una quota è troppo grande");
    sum += share;
  }
  if (delivery.amount_cents < 0) return refuse("negative_amount", "l'importo è negativo");
  if (delivery.amount_cents > kCentsMax)
    return refuse("amount_too_large", "l'importo è troppo grande");
  if (sum != delivery.amount_cents)
    return refuse("shares_do_not_sum", "le quote non danno l'importo al centesimo");
  if (sum == 0 && delivery.minutes == 0 && !deciding.context.historical)
    return refuse("empty_delivery", "l'erogazione non ha né importo né minuti di servizio");
  return ok();
}

Status check_superseded(const BenefitState& benefit, const EventId& delivery) {
  if (delivery.is_zero()) return ok();
  const auto at = benefit.deliveries.find(delivery);
  if (at == benefit.deliveries.end())
    return refuse("unknown_delivery", "l'erogazione da sostituire non è di questa prestazione");
  if (at->second) return refuse("superseded_delivery", "l'erogazione è già stata sostituita");
  return ok();
}

}  // namespace

Result<Decision> decide_one(const Deciding& deciding, const GrantBenefit& command) {
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  if (person.state.anonymous)
    return refuse("anonymous_person", "a una persona anonima non si concedono prestazioni");
  CARTELLA_TRY(check_grant(deciding, command));
  const SubjectId& subject = person.state.subject;
  CARTELLA_TRY(check_case(deciding, command, subject));
  CHECK(deciding.environment.codes != nullptr);
  const auto name =
      deciding.environment.codes->denomination(command.inps_code, code_date(deciding, command));
  if (!name) return refuse("unknown_benefit_code", "il codice INPS non è valido a quella data");
  CARTELLA_TRY(const auto old, find_superseded(deciding, command, subject));
  CARTELLA_TRY(const bool is_free, protocol_is_free(deciding, command, subject, old));

  GrantBenefit grant = command;
  if (grant.inps_name.empty()) grant.inps_name = *name;
  Decision decision = one_event(
      subject, subject_event(EventType::benefit_granted, deciding.environment.fresh_stream,
                             crypto::kExpectNone, subject, encode(grant, subject)));
  // In the stream of the old one, so that a delivery decided meanwhile is decided again.
  if (old)
    decision.events.push_back(subject_event(EventType::benefit_superseded, command.supersedes,
                                            old->revision, subject,
                                            encode_superseded(decision.events.front().stream)));
  decision.checks.push_back({command.person, crypto::kExpectExists});
  if (!command.case_stream.is_zero())
    decision.checks.push_back({command.case_stream, crypto::kExpectExists});
  if (is_free)
    decision.claims.push_back({store::ClaimOp::Kind::claim,
                               protocol_claim(grant.paying_ente, grant.protocol), subject.bytes});
  // A benefit has one successor: of two corrections at once, the second sees the first.
  if (!grant.supersedes.is_zero())
    decision.claims.push_back({store::ClaimOp::Kind::claim, superseded_claim(grant.supersedes),
                               deciding.environment.fresh_stream.bytes});
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const RecordDelivery& command) {
  CARTELLA_TRY(const auto benefit, find_item<BenefitState>(deciding, command.benefit));
  CARTELLA_TRY(check_counts(benefit.state));
  CARTELLA_TRY(check_not_future(deciding, command.delivered_on, "future_delivery"));
  if (command.delivered_to && *command.delivered_to < command.delivered_on)
    return refuse("period_reversed", "l'erogazione finisce prima di cominciare");
  if (benefit.state.closed_on && command.delivered_on > *benefit.state.closed_on)
    return refuse("closed_benefit", "la prestazione era già chiusa in quella data");
  CARTELLA_TRY(check_operator(deciding, command.worker));
  CARTELLA_TRY(check_amounts(deciding, command));
  CARTELLA_TRY(check_superseded(benefit.state, command.supersedes));
  const SubjectId& subject = benefit.state.subject;
  return one_event(subject, subject_event(EventType::benefit_delivered, command.benefit,
                                          benefit.revision, subject, encode(command)));
}

Result<Decision> decide_one(const Deciding& deciding, const CloseBenefit& command) {
  CARTELLA_TRY(const auto benefit, find_item<BenefitState>(deciding, command.benefit));
  CARTELLA_TRY(check_counts(benefit.state));
  if (benefit.state.closed_on) return refuse("closed_benefit", "la prestazione è già chiusa");
  CARTELLA_TRY(check_not_future(deciding, command.closed_on, "future_closing"));
  const SubjectId& subject = benefit.state.subject;
  return one_event(subject, subject_event(EventType::benefit_closed, command.benefit,
                                          benefit.revision, subject, encode(command)));
}

}  // namespace cartella::cases
