#include <algorithm>

#include "projections/apply.h"
#include "projections/case_file.h"

namespace cartella::projections {
namespace {

using schema::EventType;
using schema::id_from;
using schema::text_of;

Status fold_opened(CaseRecord& record, const DecodedEvent& event) {
  return with_body_of<schema::CaseOpened>(event, [&](auto body) -> Status {
    CARTELLA_TRY(record.subject, id_from<SubjectId>(body.getSubject()));
    CARTELLA_TRY(record.person_stream, id_from<StreamId>(body.getPersonStream()));
    CARTELLA_TRY(record.card, id_from<StreamId>(body.getCard()));
    CARTELLA_TRY(record.ente, id_from<UnitId>(body.getEnte()));
    CARTELLA_TRY(record.sector, id_from<UnitId>(body.getSector()));
    CARTELLA_TRY(const auto operator_id, id_from<OperatorId>(body.getOperator()));
    record.number = body.getNumber();
    record.note = text_of(body.getNote());
    record.controller = event.header.controller;
    if (record.ente.is_zero()) record.ente = UnitId::from_view(record.controller.view());
    record.opened_at_us = event.occurred_at().us;
    record.state = CaseState::aperto;
    record.state_changes = 1;
    CaseStep step;
    step.position = event.position;
    step.state = CaseState::aperto;
    step.occurred_at_us = record.opened_at_us;
    step.operator_id = operator_id;
    step.sector = record.sector;
    step.ente = record.ente;
    record.steps.push_back(std::move(step));
    return ok();
  });
}

Status fold_state(CaseRecord& record, const DecodedEvent& event) {
  return with_body_of<schema::CaseStateChanged>(event, [&](auto body) -> Status {
    CaseStep step;
    step.position = event.position;
    step.state = static_cast<CaseState>(body.getState());
    step.from = static_cast<CaseState>(body.getFrom());
    step.occurred_at_us = event.occurred_at().us;
    step.administrative_date_us = body.getAdministrativeDate();
    CARTELLA_TRY(step.operator_id, id_from<OperatorId>(body.getOperator()));
    CARTELLA_TRY(step.sector, id_from<UnitId>(body.getSector()));
    CARTELLA_TRY(step.ente, id_from<UnitId>(body.getEnte()));
    CARTELLA_TRY(step.to_operator, id_from<OperatorId>(body.getToOperator()));
    CARTELLA_TRY(step.to_sector, id_from<UnitId>(body.getToSector()));
    CARTELLA_TRY(step.to_ente, id_from<UnitId>(body.getToEnte()));
    step.note = text_of(body.getNote());
    // The opening may be told twice: as CaseOpened and as the first step to "aperto".
    const bool repeats_opening = step.from == CaseState::none && step.state == CaseState::aperto &&
                                 record.steps.size() == 1 &&
                                 record.steps.front().state == CaseState::aperto;
    if (!repeats_opening) ++record.state_changes;
    record.state = step.state;
    if (!step.to_sector.is_zero())
      record.sector = step.to_sector;
    else if (!step.sector.is_zero())
      record.sector = step.sector;
    if (repeats_opening)
      record.steps.front() = std::move(step);
    else
      record.steps.push_back(std::move(step));
    return ok();
  });
}

Status fold_category(CaseRecord& record, const DecodedEvent& event) {
  return with_body_of<schema::CaseCategorySet>(event, [&](auto body) -> Status {
    const std::string category = text_of(body.getCategory());
    std::erase_if(record.categories,
                  [&](const CaseCategory& known) { return known.category == category; });
    if (body.getEnded()) return ok();
    if (body.getPrevalent())
      for (CaseCategory& known : record.categories) known.prevalent = false;
    record.categories.push_back({category, body.getPrevalent(), event.effective_date().days});
    return ok();
  });
}

Status fold_operator(CaseRecord& record, const DecodedEvent& event) {
  return with_body_of<schema::CaseOperatorAssigned>(event, [&](auto body) -> Status {
    CaseOperator assigned;
    CARTELLA_TRY(assigned.operator_id, id_from<OperatorId>(body.getOperator()));
    CARTELLA_TRY(assigned.sector, id_from<UnitId>(body.getSector()));
    assigned.responsible = body.getResponsible();
    assigned.since = event.effective_date().days;
    std::erase_if(record.operators, [&](const CaseOperator& known) {
      return known.operator_id == assigned.operator_id && known.sector == assigned.sector;
    });
    if (body.getEnded()) return ok();
    if (assigned.responsible)
      for (CaseOperator& known : record.operators) known.responsible = false;
    record.operators.push_back(assigned);
    return ok();
  });
}

Status fold_share(CaseRecord& record, const DecodedEvent& event) {
  return with_body_of<schema::CaseShared>(event, [&](auto body) -> Status {
    CaseShare share;
    CARTELLA_TRY(share.unit, id_from<UnitId>(body.getUnit()));
    for (const auto section : body.getSections()) share.sections.push_back(text_of(section));
    share.reason = text_of(body.getReason());
    std::erase_if(record.shares, [&](const CaseShare& known) { return known.unit == share.unit; });
    if (!body.getRevoked()) record.shares.push_back(std::move(share));
    return ok();
  });
}

}  // namespace

std::string case_state_label(CaseState state) {
  switch (state) {
    case CaseState::none: return "Nessuno";
    case CaseState::aperto: return "Aperto";
    case CaseState::chiuso: return "Chiuso";
    case CaseState::preso_in_carico: return "Preso in carico";
    case CaseState::segnalato: return "Segnalato";
    case CaseState::riaperto: return "Riaperto";
    case CaseState::segnalato_ente: return "Segnalato a ente";
    case CaseState::segnalato_operatore: return "Segnalato a operatore";
  }
  return std::to_string(static_cast<int>(state));
}

bool is_case_event(schema::EventType type) {
  switch (type) {
    case EventType::case_opened:
    case EventType::case_state_changed:
    case EventType::case_category_set:
    case EventType::case_operator_assigned:
    case EventType::case_shared: return true;
    default: return false;
  }
}

Status fold_case(CaseRecord& record, const DecodedEvent& event) {
  switch (event.type()) {
    case EventType::case_opened: return fold_opened(record, event);
    case EventType::case_state_changed: return fold_state(record, event);
    case EventType::case_category_set: return fold_category(record, event);
    case EventType::case_operator_assigned: return fold_operator(record, event);
    case EventType::case_shared: return fold_share(record, event);
    default: return ok();
  }
}

std::string prevalent_category(const CaseRecord& record) {
  for (const CaseCategory& category : record.categories)
    if (category.prevalent) return category.category;
  return {};
}

}  // namespace cartella::projections
