#include <algorithm>
#include <array>

#include "cases/bootstrap.h"
#include "cases/decide_parts.h"
#include "cases/encode.h"

namespace cartella::cases {

using schema::EventType;
using schema::KeyClass;

namespace {

// Definitions are clear, all in one stream, and the last one of an id counts, so that they need no
// expected revision.
PlannedEvent defined(const Deciding& deciding, EventType type, Bytes message) {
  return planned_event(type, deciding.environment.organisation_stream, crypto::kExpectAny, {},
                       KeyClass::base, std::move(message));
}

template <class Command>
Result<Decision> define(const Deciding& deciding, EventType type, const Command& command) {
  return one_event({}, defined(deciding, type, encode(command)));
}

// Where looks are recorded is the access log's to say, once for each month.
Status check_access_month(const Deciding& deciding, const SetConfiguration& command) {
  if (deciding.context.actor != installation_actor())
    return fail(Errc::invalid_argument, "a setting may not be named like a month of accesses");
  CARTELLA_TRY(const auto name, parse_access_month_key(command.key));
  CARTELLA_TRY(StreamId::parse(command.value));
  if (deciding.organisation().access_months.contains(name))
    return refuse("access_month_begun", "il mese degli accessi ha già il suo flusso");
  return ok();
}

Status check_access_term(const SetConfiguration& command) {
  AccessTerms terms;
  if (set_access_term(command.key, command.value, terms)) return ok();
  return refuse("access_term",
                "gli accessi si conservano da 24 a 1200 mesi, con un margine da 0 a 3650 giorni");
}

template <class Id>
Status check_id(const Id& id) {
  if (id.is_zero()) return fail(Errc::invalid_argument, "a definition has an id");
  return ok();
}

Status check_label(std::string_view label) {
  if (label.empty()) return refuse("label_missing", "manca la denominazione");
  return ok();
}

// Part of origins and paths, so it has one spelling.
bool is_slug(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Result<Decision> decide_one(const Deciding& deciding, const DefineAmbito& command) {
  CARTELLA_TRY(check_label(command.name));
  if (!is_slug(command.slug))
    return refuse("slug", "il nome breve ha solo lettere minuscole, cifre e trattini");
  constexpr std::array<std::string_view, 3> kModes = {"production", "test", "training"};
  if (std::find(kModes.begin(), kModes.end(), command.mode) == kModes.end())
    return refuse("mode", "il modo è production, test o training");
  return define(deciding, EventType::ambito_defined, command);
}

Result<Decision> decide_one(const Deciding& deciding, const DefineZone& command) {
  CARTELLA_TRY(check_id(command.zone));
  CARTELLA_TRY(check_label(command.name));
  return define(deciding, EventType::zone_defined, command);
}

Result<Decision> decide_one(const Deciding& deciding, const DefineEnte& command) {
  CARTELLA_TRY(check_id(command.ente));
  CARTELLA_TRY(check_label(command.name));
  if (!command.zone.is_zero() && !deciding.organisation().zones.contains(command.zone))
    return refuse("unknown_zone", "la zona sociale non è definita");
  return define(deciding, EventType::ente_defined, command);
}

Result<Decision> decide_one(const Deciding& deciding, const DefineOffice& command) {
  CARTELLA_TRY(check_id(command.office));
  CARTELLA_TRY(check_label(command.name));
  if (!deciding.organisation().entes.contains(command.ente))
    return refuse("unknown_ente", "l'ente dell'ufficio non è definito");
  return define(deciding, EventType::office_defined, command);
}

Result<Decision> decide_one(const Deciding& deciding, const DefineSector& command) {
  CARTELLA_TRY(check_id(command.sector));
  CARTELLA_TRY(check_label(command.name));
  if (!deciding.organisation().entes.contains(command.ente))
    return refuse("unknown_ente", "l'ente del settore non è definito");
  for (const std::string& category : command.categories)
    if (!deciding.organisation().categories.contains(category))
      return refuse("unknown_category", "una categoria sociale del settore non è definita");
  return define(deciding, EventType::sector_defined, command);
}

// The user name is sealed in the operator's own stream; that an operator with this opaque id exists
// stands in clear beside the other definitions.
Result<Decision> decide_one(const Deciding& deciding, const DefineOperator& command) {
  CARTELLA_TRY(check_id(command.worker));
  if (command.username.empty()) return refuse("username_missing", "manca il nome utente");
  const auto& known = deciding.organisation().operators;
  const auto at = known.find(command.worker);
  const bool exists = at != known.end() && !at->second.stream.is_zero();
  const StreamId stream = exists ? at->second.stream : deciding.environment.fresh_stream;
  Decision decision =
      one_event({}, planned_event(EventType::operator_defined, stream,
                                  exists ? crypto::kExpectExists : crypto::kExpectNone,
                                  command.worker.bytes, KeyClass::base, encode(command)));
  const SetConfiguration existence{operator_configuration_key(command.worker),
                                   operator_configuration_value(stream, command.enabled)};
  decision.events.push_back(defined(deciding, EventType::configuration_set, encode(existence)));
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const DefineOperatorAssignment& command) {
  const auto& known = deciding.organisation().operators;
  const auto at = known.find(command.worker);
  if (at == known.end()) return refuse("unknown_operator", "l'operatore non è definito");
  if (!deciding.organisation().sectors.contains(command.sector))
    return refuse("unknown_sector", "il settore non è definito");
  if (command.ended && !at->second.sectors.contains(command.sector))
    return refuse("operator_not_assigned", "l'operatore non è assegnato al settore");
  return define(deciding, EventType::operator_assigned, command);
}

Result<Decision> decide_one(const Deciding& deciding, const DefineNeed& command) {
  CARTELLA_TRY(check_id(command.need));
  CARTELLA_TRY(check_label(command.label));
  return define(deciding, EventType::need_defined, command);
}

Result<Decision> decide_one(const Deciding& deciding, const DefineService& command) {
  CARTELLA_TRY(check_id(command.service));
  CARTELLA_TRY(check_label(command.label));
  return define(deciding, EventType::service_defined, command);
}

Result<Decision> decide_one(const Deciding& deciding, const DefineCategory& command) {
  if (command.category.empty())
    return fail(Errc::invalid_argument, "a category is defined by its code");
  CARTELLA_TRY(check_label(command.label));
  return define(deciding, EventType::category_defined, command);
}

Result<Decision> decide_one(const Deciding& deciding, const SetConfiguration& command) {
  if (command.key.empty()) return fail(Errc::invalid_argument, "a setting has a key");
  // Those keys are written by DefineOperator and PublishReport alone, with the stream they name.
  if (command.key.starts_with("operator/") || command.key.starts_with(kReportKeyPrefix))
    return fail(Errc::invalid_argument, "a setting may not be named like an operator or a report");
  if (command.key.starts_with(kAccessMonthPrefix)) {
    CARTELLA_TRY(check_access_month(deciding, command));
  }
  if (command.key == kAccessMonthsKey || command.key == kAccessMarginKey) {
    CARTELLA_TRY(check_access_term(command));
  }
  return define(deciding, EventType::configuration_set, command);
}

Result<Decision> decide_one(const Deciding& deciding, const EnableRegistry& command) {
  if (command.comune.empty()) return refuse("comune_missing", "manca il comune dell'anagrafe");
  if (command.act.empty()) return refuse("act_missing", "manca l'atto che abilita l'anagrafe");
  return define(deciding, EventType::registry_enabled, command);
}

Result<Decision> decide_one(const Deciding& deciding, const RecordRegistryImport& command) {
  const auto& registries = deciding.organisation().registries;
  const auto at = registries.find(command.comune);
  if (at == registries.end())
    return refuse("registry_not_enabled", "nessun atto abilita l'anagrafe di questo comune");
  if (at->second && *at->second < deciding.environment.today)
    return refuse("registry_act_expired", "l'atto che abilita l'anagrafe è scaduto");
  if (command.accepted > command.records || command.faults > command.records - command.accepted)
    return refuse("counts", "i conteggi del file non tornano");
  return define(deciding, EventType::registry_imported, command);
}

Result<Decision> decide_one(const Deciding& deciding, const OpenImport& command) {
  CARTELLA_TRY(check_id(command.import_id));
  if (deciding.organisation().imports.contains(command.import_id))
    return refuse("known_import", "l'importazione esiste già");
  return define(deciding, EventType::import_opened, command);
}

Result<Decision> decide_one(const Deciding& deciding, const CloseImport& command) {
  const auto& imports = deciding.organisation().imports;
  const auto at = imports.find(command.import_id);
  if (at == imports.end()) return refuse("unknown_import", "l'importazione non esiste");
  if (!at->second) return refuse("closed_import", "l'importazione è già conclusa");
  return define(deciding, EventType::import_closed, command);
}

}  // namespace cartella::cases
