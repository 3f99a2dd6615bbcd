// The life cycle of a case as a table, predecessor.md 2.1.
#include <algorithm>
#include <array>

#include "cases/decide.h"

namespace cartella::cases {

namespace {

using S = CaseStatus;

struct Allowed {
  CaseStatus to;
  std::array<CaseStatus, 6> from;  // none: unused place
};

constexpr std::array kAllowed = {
    Allowed{S::segnalato, {S::aperto, S::preso_in_carico, S::riaperto}},
    Allowed{S::segnalato_operatore, {S::aperto, S::preso_in_carico, S::riaperto}},
    Allowed{S::segnalato_ente, {S::aperto, S::preso_in_carico, S::riaperto}},
    Allowed{S::preso_in_carico,
            {S::aperto, S::segnalato, S::riaperto, S::segnalato_ente, S::segnalato_operatore}},
    Allowed{S::chiuso,
            {S::aperto, S::preso_in_carico, S::segnalato, S::riaperto, S::segnalato_ente,
             S::segnalato_operatore}},
    Allowed{S::riaperto, {S::chiuso}},
};

Error illegal(std::string_view code, const std::string& sentence) {
  return fail(Errc::illegal_transition, std::string(code) + ": " + sentence);
}

std::string_view reason_of(CaseStatus from, CaseStatus to) {
  if (from == to) return "il caso è già in questo stato";
  if (from == S::chiuso) return "un caso chiuso può solo essere riaperto";
  if (to == S::riaperto) return "si riapre solo un caso chiuso";
  if (to == S::aperto) return "un caso si apre una volta sola";
  return "un caso segnalato si prende in carico o si chiude prima di segnalarlo di nuovo";
}

Status check_recipient(const ChangeCaseState& change) {
  if (change.state == S::segnalato && change.to_sector.is_zero())
    return illegal("recipient_missing", "la segnalazione a un settore chiede il settore");
  if (change.state == S::segnalato_operatore && change.to_operator.is_zero())
    return illegal("recipient_missing", "la segnalazione a un operatore chiede l'operatore");
  if (change.state == S::segnalato_ente && change.to_ente.is_zero())
    return illegal("recipient_missing", "la segnalazione a un ente chiede l'ente");
  if (change.state == S::preso_in_carico && change.worker.is_zero())
    return illegal("responsible_missing",
                   "la presa in carico chiede l'operatore che diventa responsabile");
  return ok();
}

}  // namespace

std::string_view case_status_name(CaseStatus status) {
  switch (status) {
    case S::none: return "Nessuno";
    case S::aperto: return "Aperto";
    case S::chiuso: return "Chiuso";
    case S::preso_in_carico: return "Preso in carico";
    case S::segnalato: return "Segnalato";
    case S::riaperto: return "Riaperto";
    case S::segnalato_ente: return "Segnalato a ente";
    case S::segnalato_operatore: return "Segnalato a operatore";
  }
  return "Sconosciuto";
}

Status check_transition(CaseStatus from, const ChangeCaseState& change) {
  const auto row = std::find_if(kAllowed.begin(), kAllowed.end(),
                                [&](const Allowed& one) { return one.to == change.state; });
  const bool allowed = from != S::none && row != kAllowed.end() &&
                       std::find(row->from.begin(), row->from.end(), from) != row->from.end();
  if (!allowed)
    return illegal("illegal_transition", "da \"" + std::string(case_status_name(from)) + "\" a \"" +
                                             std::string(case_status_name(change.state)) +
                                             "\": " + std::string(reason_of(from, change.state)));
  return check_recipient(change);
}

}  // namespace cartella::cases
