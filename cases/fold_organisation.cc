// The organisation, from the clear events of its stream.
#include "cases/state.h"
#include "schema/body.h"

namespace cartella::cases {

namespace {

using schema::EventType;
using schema::id_from;
using schema::text_of;
using schema::with_body;
using State = OrganisationState;

Status fold_unit(EventType type, ByteView message, State& state) {
  switch (type) {
    case EventType::zone_defined:
      return with_body<schema::ZoneDefined>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto zone, id_from<UnitId>(from.getZone()));
        state.zones.insert(zone);
        return ok();
      });
    case EventType::ente_defined:
      return with_body<schema::EnteDefined>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto ente, id_from<UnitId>(from.getEnte()));
        CARTELLA_TRY(const auto zone, id_from<UnitId>(from.getZone()));
        state.entes[ente] = {zone, text_of(from.getBelfiore()), from.getEnabled()};
        return ok();
      });
    case EventType::office_defined:
      return with_body<schema::OfficeDefined>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto office, id_from<UnitId>(from.getOffice()));
        CARTELLA_TRY(const auto ente, id_from<UnitId>(from.getEnte()));
        state.offices[office] = {ente, from.getNeedsRequired(), from.getServicesRequired(),
                                 from.getEnabled()};
        return ok();
      });
    case EventType::sector_defined:
      return with_body<schema::SectorDefined>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto sector, id_from<UnitId>(from.getSector()));
        CARTELLA_TRY(const auto ente, id_from<UnitId>(from.getEnte()));
        std::set<std::string, std::less<>> categories;
        for (const auto category : from.getCategories()) categories.insert(text_of(category));
        state.sectors[sector] = {ente, from.getEnabled(), std::move(categories),
                                 text_of(from.getSecondLevel())};
        return ok();
      });
    default: return ok();
  }
}

// "operator/<id>" = "<stream> enabled": see DefineOperator. "access-month/..." and the terms:
// see access_month.h.
Status fold_setting(schema::ConfigurationSet::Reader from, State& state) {
  const std::string key = text_of(from.getKey());
  const std::string value = text_of(from.getValue());
  if (key.starts_with(kAccessMonthPrefix)) {
    CARTELLA_TRY(const auto name, parse_access_month_key(key));
    CARTELLA_TRY(state.access_months[name], StreamId::parse(value));
    return ok();
  }
  if (key == kAccessMonthsKey || key == kAccessMarginKey) {
    // What decide would refuse changes nothing: no log can shorten the term.
    static_cast<void>(set_access_term(key, value, state.access_terms).has_value());
    return ok();
  }
  constexpr std::string_view prefix = "operator/";
  constexpr std::size_t id_digits = 32;
  if (!key.starts_with(prefix)) return ok();
  CARTELLA_TRY(const auto worker, OperatorId::parse(key.substr(prefix.size())));
  CARTELLA_TRY(const auto stream, StreamId::parse(value.substr(0, id_digits)));
  State::Operator& known = state.operators[worker];
  known.stream = stream;
  known.enabled = value.ends_with(" enabled");
  return ok();
}

Status fold_operator(EventType type, ByteView message, State& state) {
  if (type == EventType::configuration_set)
    return with_body<schema::ConfigurationSet>(
        message, [&](auto from) -> Status { return fold_setting(from, state); });
  return with_body<schema::OperatorAssigned>(message, [&](auto from) -> Status {
    CARTELLA_TRY(const auto worker, id_from<OperatorId>(from.getOperator()));
    CARTELLA_TRY(const auto sector, id_from<UnitId>(from.getSector()));
    if (from.getEnded())
      state.operators[worker].sectors.erase(sector);
    else
      state.operators[worker].sectors.insert(sector);
    return ok();
  });
}

Status fold_list(EventType type, ByteView message, State& state) {
  switch (type) {
    case EventType::need_defined:
      return with_body<schema::NeedDefined>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto need, id_from<NeedId>(from.getNeed()));
        state.needs[need] = from.getEnabled();
        return ok();
      });
    case EventType::service_defined:
      return with_body<schema::ServiceDefined>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto service, id_from<ServiceId>(from.getService()));
        state.services[service] = from.getEnabled();
        return ok();
      });
    case EventType::category_defined:
      return with_body<schema::CategoryDefined>(message, [&](auto from) -> Status {
        state.categories[text_of(from.getCategory())] = from.getEnabled();
        return ok();
      });
    default: return ok();
  }
}

Status fold_import(EventType type, ByteView message, State& state) {
  switch (type) {
    case EventType::registry_enabled:
      return with_body<schema::RegistryEnabled>(message, [&](auto from) -> Status {
        state.registries[text_of(from.getComune())] = schema::date_from(from.getExpires());
        return ok();
      });
    case EventType::import_opened:
      return with_body<schema::ImportOpened>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto id, id_from<ImportId>(from.getImportId()));
        state.imports[id] = true;
        return ok();
      });
    case EventType::import_closed:
      return with_body<schema::ImportClosed>(message, [&](auto from) -> Status {
        CARTELLA_TRY(const auto id, id_from<ImportId>(from.getImportId()));
        state.imports[id] = false;
        return ok();
      });
    default: return ok();
  }
}

// ---- roles and mandates -------------------------------------------------------------------------
Status fold_role(EventType type, ByteView message, State& state) {
  const auto drop = [&](const OperatorId& worker, std::string_view role, const UnitId& unit) {
    std::erase_if(state.roles[worker], [&](const State::RoleGrant& grant) {
      return grant.role == role && grant.unit == unit;
    });
  };
  if (type == EventType::role_granted)
    return with_body<schema::RoleGranted>(message, [&](auto from) -> Status {
      CARTELLA_TRY(const auto worker, id_from<OperatorId>(from.getOperator()));
      State::RoleGrant grant;
      CARTELLA_TRY(grant.unit, id_from<UnitId>(from.getUnit()));
      grant.role = text_of(from.getRole());
      grant.from = schema::date_from(from.getFrom());
      grant.to = schema::date_from(from.getTo());
      drop(worker, grant.role, grant.unit);
      state.roles[worker].push_back(std::move(grant));
      return ok();
    });
  return with_body<schema::RoleRevoked>(message, [&](auto from) -> Status {
    CARTELLA_TRY(const auto worker, id_from<OperatorId>(from.getOperator()));
    CARTELLA_TRY(const auto unit, id_from<UnitId>(from.getUnit()));
    drop(worker, text_of(from.getRole()), unit);
    return ok();
  });
}

// What a proposal and its decision say alike.
template <class Reader>
Status read_mandate(Reader from, State::Mandate& mandate) {
  CARTELLA_TRY(mandate.auditor, id_from<OperatorId>(from.getAuditor()));
  for (const auto each : from.getSubjects()) {
    CARTELLA_TRY(const auto subject, id_from<SubjectId>(each));
    mandate.subjects.insert(subject);
  }
  for (const auto each : from.getCases()) {
    CARTELLA_TRY(const auto stream, id_from<StreamId>(each));
    mandate.cases.insert(stream);
  }
  for (const auto section : from.getSections()) mandate.sections.insert(text_of(section));
  mandate.from = Date{from.getFrom()};
  mandate.to = Date{from.getTo()};
  mandate.act = text_of(from.getAct());
  return ok();
}

Status fold_mandate(const schema::HeaderView& header, const EventId& event, ByteView message,
                    State& state) {
  State::Mandate mandate;
  mandate.controller = header.controller;
  if (header.type == EventType::audit_mandate_proposed)
    return with_body<schema::AuditMandateProposed>(message, [&](auto from) -> Status {
      CARTELLA_TRY(read_mandate(from, mandate));
      CARTELLA_TRY(mandate.proposed_by, id_from<OperatorId>(from.getProposedBy()));
      state.mandates[event] = std::move(mandate);
      return ok();
    });
  return with_body<schema::AuditMandateDecided>(message, [&](auto from) -> Status {
    CARTELLA_TRY(read_mandate(from, mandate));
    CARTELLA_TRY(const auto proposal, id_from<EventId>(from.getMandate()));
    mandate.standing =
        from.getRefused() ? State::Mandate::Standing::refused : State::Mandate::Standing::granted;
    mandate.proposed_by = state.mandates[proposal].proposed_by;
    state.mandates[proposal] = std::move(mandate);
    return ok();
  });
}

}  // namespace

Status fold_organisation(const crypto::OpenedEvent& event, OrganisationState& state) {
  if (event.segments.size() < 2 || !event.segments[0].available || !event.segments[1].available)
    return ok();
  CARTELLA_TRY(const auto header, schema::decode_header(event.segments[0].plaintext.message));
  const ByteView message = event.segments[1].plaintext.message;
  switch (header.type) {
    case EventType::ambito_defined: state.ambito_defined = true; return ok();
    case EventType::zone_defined:
    case EventType::ente_defined:
    case EventType::office_defined:
    case EventType::sector_defined: return fold_unit(header.type, message, state);
    case EventType::configuration_set:
    case EventType::operator_assigned: return fold_operator(header.type, message, state);
    case EventType::need_defined:
    case EventType::service_defined:
    case EventType::category_defined: return fold_list(header.type, message, state);
    case EventType::role_granted:
    case EventType::role_revoked: return fold_role(header.type, message, state);
    case EventType::audit_mandate_proposed:
    case EventType::audit_mandate_decided:
      return fold_mandate(header, event.leaf.event_id, message, state);
    case EventType::retention_rule_set:
    case EventType::erasure_proposed:
    case EventType::erasure_decided:
    case EventType::erasure_completed:
    case EventType::legal_hold_placed:
    case EventType::legal_hold_lifted:
    case EventType::processing_restricted:
    case EventType::processing_restriction_lifted: return fold_erasure(event, header, state);
    default: return fold_import(header.type, message, state);
  }
}

}  // namespace cartella::cases
