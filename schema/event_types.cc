#include "schema/event_types.h"

#include <algorithm>
#include <array>

#include "schema/events.capnp.h"

namespace cartella::schema {

namespace {

template <class Body>
constexpr std::uint64_t schema_id() {
  return capnp::typeId<Body>();
}

// Sorted by type.
constexpr std::array kTypes = {
    TypeInfo{EventType::genesis, "Genesis", LeafKind::schema, KeyDomain::none, "log", "permanent",
             schema_id<Genesis>(), 1, "Inizio del registro"},
    TypeInfo{EventType::signer_enrolled, "SignerEnrolled", LeafKind::key, KeyDomain::none, "keys",
             "permanent", schema_id<SignerEnrolled>(), 1, "Chiave di firma registrata"},
    TypeInfo{EventType::signer_revoked, "SignerRevoked", LeafKind::key, KeyDomain::none, "keys",
             "permanent", schema_id<SignerRevoked>(), 1, "Chiave di firma revocata"},
    TypeInfo{EventType::schema_registered, "SchemaRegistered", LeafKind::schema, KeyDomain::none,
             "log", "permanent", schema_id<SchemaRegistered>(), 1, "Schema registrato"},
    TypeInfo{EventType::configuration_set, "ConfigurationSet", LeafKind::configuration,
             KeyDomain::none, "configuration", "permanent", schema_id<ConfigurationSet>(), 1,
             "Configurazione"},
    TypeInfo{EventType::clock_confirmed, "ClockConfirmed", LeafKind::configuration, KeyDomain::none,
             "configuration", "permanent", schema_id<ClockConfirmed>(), 1, "Orologio confermato"},
    TypeInfo{EventType::attestation_made, "AttestationMade", LeafKind::attestation, KeyDomain::none,
             "log", "permanent", schema_id<AttestationMade>(), 1, "Attestazione di una vista"},
    TypeInfo{EventType::ambito_defined, "AmbitoDefined", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<AmbitoDefined>(), 1, "Ambito definito"},
    TypeInfo{EventType::zone_defined, "ZoneDefined", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<ZoneDefined>(), 1, "Zona sociale definita"},
    TypeInfo{EventType::ente_defined, "EnteDefined", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<EnteDefined>(), 1, "Ente definito"},
    TypeInfo{EventType::office_defined, "OfficeDefined", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<OfficeDefined>(), 1, "Ufficio definito"},
    TypeInfo{EventType::sector_defined, "SectorDefined", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<SectorDefined>(), 1, "Settore definito"},
    TypeInfo{EventType::operator_defined, "OperatorDefined", LeafKind::event, KeyDomain::staff,
             "staff", "end_of_service", schema_id<OperatorDefined>(), 1, "Operatore definito"},
    TypeInfo{EventType::operator_assigned, "OperatorAssigned", LeafKind::configuration,
             KeyDomain::none, "organisation", "permanent", schema_id<OperatorAssigned>(), 1,
             "Operatore assegnato a un settore"},
    TypeInfo{EventType::need_defined, "NeedDefined", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<NeedDefined>(), 1, "Bisogno definito"},
    TypeInfo{EventType::service_defined, "ServiceDefined", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<ServiceDefined>(), 1, "Servizio definito"},
    TypeInfo{EventType::category_defined, "CategoryDefined", LeafKind::configuration,
             KeyDomain::none, "organisation", "permanent", schema_id<CategoryDefined>(), 1,
             "Categoria sociale definita"},
    TypeInfo{EventType::report_published, "ReportPublished", LeafKind::event, KeyDomain::controller,
             "reports", "permanent", schema_id<ReportPublished>(), 1, "Rapporto pubblicato"},
    TypeInfo{EventType::role_granted, "RoleGranted", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<RoleGranted>(), 1, "Ruolo assegnato"},
    TypeInfo{EventType::role_revoked, "RoleRevoked", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<RoleRevoked>(), 1, "Ruolo revocato"},
    TypeInfo{EventType::registry_enabled, "RegistryEnabled", LeafKind::configuration,
             KeyDomain::none, "organisation", "permanent", schema_id<RegistryEnabled>(), 1,
             "Anagrafe abilitata"},
    TypeInfo{EventType::registry_imported, "RegistryImported", LeafKind::configuration,
             KeyDomain::none, "organisation", "permanent", schema_id<RegistryImported>(), 1,
             "Anagrafe caricata"},
    TypeInfo{EventType::registry_variation, "RegistryVariation", LeafKind::event,
             KeyDomain::subject, "person_file", "last_case_closed", schema_id<RegistryVariation>(),
             1, "Variazione anagrafica"},
    TypeInfo{EventType::import_opened, "ImportOpened", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<ImportOpened>(), 1, "Importazione avviata"},
    TypeInfo{EventType::import_closed, "ImportClosed", LeafKind::configuration, KeyDomain::none,
             "organisation", "permanent", schema_id<ImportClosed>(), 1, "Importazione conclusa"},
    TypeInfo{EventType::person_registered, "PersonRegistered", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<PersonRegistered>(), 1,
             "Persona registrata"},
    TypeInfo{EventType::identifier_added, "IdentifierAdded", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<IdentifierAdded>(), 1,
             "Identificativo aggiunto"},
    TypeInfo{EventType::identity_recorded, "IdentityRecorded", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<IdentityRecorded>(), 1,
             "Generalità registrate"},
    TypeInfo{EventType::residence_recorded, "ResidenceRecorded", LeafKind::event,
             KeyDomain::subject, "person_file", "last_case_closed", schema_id<ResidenceRecorded>(),
             1, "Residenza registrata"},
    TypeInfo{EventType::household_recorded, "HouseholdRecorded", LeafKind::event,
             KeyDomain::subject, "person_file", "last_case_closed", schema_id<HouseholdRecorded>(),
             1, "Nucleo familiare registrato"},
    TypeInfo{EventType::kinship_recorded, "KinshipRecorded", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<KinshipRecorded>(), 1,
             "Rapporto di parentela registrato"},
    TypeInfo{EventType::contact_recorded, "ContactRecorded", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<ContactRecorded>(), 1,
             "Recapiti registrati"},
    TypeInfo{EventType::death_recorded, "DeathRecorded", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<DeathRecorded>(), 1,
             "Decesso registrato"},
    TypeInfo{EventType::persons_linked, "PersonsLinked", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<PersonsLinked>(), 1, "Persone collegate"},
    TypeInfo{EventType::persons_unlinked, "PersonsUnlinked", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<PersonsUnlinked>(), 1,
             "Persone scollegate"},
    TypeInfo{EventType::pseudonym_assigned, "PseudonymAssigned", LeafKind::event,
             KeyDomain::subject, "person_file", "last_case_closed", schema_id<PseudonymAssigned>(),
             1, "Pseudonimo assegnato"},
    TypeInfo{EventType::possible_duplicate_noted, "PossibleDuplicateNoted", LeafKind::event,
             KeyDomain::subject, "person_file", "last_case_closed",
             schema_id<PossibleDuplicateNoted>(), 1, "Possibile doppione segnalato"},
    TypeInfo{EventType::card_opened, "CardOpened", LeafKind::event, KeyDomain::subject,
             "intake_card", "card_closed", schema_id<CardOpened>(), 1, "Scheda di accesso aperta"},
    TypeInfo{EventType::card_reporter_recorded, "CardReporterRecorded", LeafKind::event,
             KeyDomain::subject, "intake_card", "card_closed", schema_id<CardReporterRecorded>(), 1,
             "Segnalante registrato"},
    TypeInfo{EventType::card_needs_recorded, "CardNeedsRecorded", LeafKind::event,
             KeyDomain::subject, "intake_card", "card_closed", schema_id<CardNeedsRecorded>(), 1,
             "Bisogni espressi"},
    TypeInfo{EventType::card_services_requested, "CardServicesRequested", LeafKind::event,
             KeyDomain::subject, "intake_card", "card_closed", schema_id<CardServicesRequested>(),
             1, "Servizi richiesti"},
    TypeInfo{EventType::card_closed, "CardClosed", LeafKind::event, KeyDomain::subject,
             "intake_card", "card_closed", schema_id<CardClosed>(), 1, "Scheda di accesso chiusa"},
    TypeInfo{EventType::card_linked_to_case, "CardLinkedToCase", LeafKind::event,
             KeyDomain::subject, "intake_card", "card_closed", schema_id<CardLinkedToCase>(), 1,
             "Scheda collegata al caso"},
    TypeInfo{EventType::case_opened, "CaseOpened", LeafKind::event, KeyDomain::subject, "case_file",
             "case_closed", schema_id<CaseOpened>(), 1, "Caso aperto"},
    TypeInfo{EventType::case_state_changed, "CaseStateChanged", LeafKind::event, KeyDomain::subject,
             "case_file", "case_closed", schema_id<CaseStateChanged>(), 1,
             "Cambio di stato del caso"},
    TypeInfo{EventType::case_category_set, "CaseCategorySet", LeafKind::event, KeyDomain::subject,
             "case_file", "case_closed", schema_id<CaseCategorySet>(), 1,
             "Categoria sociale del caso"},
    TypeInfo{EventType::case_operator_assigned, "CaseOperatorAssigned", LeafKind::event,
             KeyDomain::subject, "case_file", "case_closed", schema_id<CaseOperatorAssigned>(), 1,
             "Operatore assegnato al caso"},
    TypeInfo{EventType::case_shared, "CaseShared", LeafKind::event, KeyDomain::subject, "case_file",
             "case_closed", schema_id<CaseShared>(), 1, "Caso condiviso"},
    TypeInfo{EventType::interview_recorded, "InterviewRecorded", LeafKind::event,
             KeyDomain::subject, "case_file", "case_closed", schema_id<InterviewRecorded>(), 1,
             "Colloquio registrato"},
    TypeInfo{EventType::note_recorded, "NoteRecorded", LeafKind::event, KeyDomain::subject,
             "case_file", "case_closed", schema_id<NoteRecorded>(), 1, "Nota registrata"},
    TypeInfo{EventType::benefit_granted, "BenefitGranted", LeafKind::event, KeyDomain::subject,
             "benefit", "benefit_closed", schema_id<BenefitGranted>(), 1, "Prestazione concessa"},
    TypeInfo{EventType::benefit_delivered, "BenefitDelivered", LeafKind::event, KeyDomain::subject,
             "benefit", "benefit_closed", schema_id<BenefitDelivered>(), 1, "Prestazione erogata"},
    TypeInfo{EventType::benefit_closed, "BenefitClosed", LeafKind::event, KeyDomain::subject,
             "benefit", "benefit_closed", schema_id<BenefitClosed>(), 1, "Prestazione chiusa"},
    TypeInfo{EventType::benefit_superseded, "BenefitSuperseded", LeafKind::event,
             KeyDomain::subject, "benefit", "benefit_closed", schema_id<BenefitSuperseded>(), 1,
             "Prestazione sostituita"},
    TypeInfo{EventType::access_recorded, "AccessRecorded", LeafKind::access,
             KeyDomain::access_month, "access_log", "month_ended", schema_id<AccessRecorded>(), 1,
             "Accesso registrato"},
    TypeInfo{EventType::data_disclosed, "DataDisclosed", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<DataDisclosed>(), 1, "Dati comunicati"},
    TypeInfo{EventType::document_released, "DocumentReleased", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<DocumentReleased>(), 1,
             "Documento rilasciato"},
    TypeInfo{EventType::notice_given, "NoticeGiven", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<NoticeGiven>(), 1,
             "Informativa consegnata"},
    TypeInfo{EventType::item_masked, "ItemMasked", LeafKind::event, KeyDomain::subject, "rights",
             "request_closed", schema_id<ItemMasked>(), 1, "Elemento oscurato"},
    TypeInfo{EventType::item_unmasked, "ItemUnmasked", LeafKind::event, KeyDomain::subject,
             "rights", "request_closed", schema_id<ItemUnmasked>(), 1, "Oscuramento revocato"},
    TypeInfo{EventType::processing_restricted, "ProcessingRestricted", LeafKind::erasure,
             KeyDomain::none, "log", "permanent", schema_id<ProcessingRestricted>(), 1,
             "Trattamento limitato"},
    TypeInfo{EventType::processing_restriction_lifted, "ProcessingRestrictionLifted",
             LeafKind::erasure, KeyDomain::none, "log", "permanent",
             schema_id<ProcessingRestrictionLifted>(), 1, "Limitazione revocata"},
    TypeInfo{EventType::legal_hold_placed, "LegalHoldPlaced", LeafKind::erasure, KeyDomain::none,
             "log", "permanent", schema_id<LegalHoldPlaced>(), 1, "Vincolo legale posto"},
    TypeInfo{EventType::legal_hold_lifted, "LegalHoldLifted", LeafKind::erasure, KeyDomain::none,
             "log", "permanent", schema_id<LegalHoldLifted>(), 1, "Vincolo legale tolto"},
    TypeInfo{EventType::fact_corrected, "FactCorrected", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<FactCorrected>(), 1, "Dato rettificato"},
    TypeInfo{EventType::statement_added, "StatementAdded", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<StatementAdded>(), 1,
             "Dichiarazione integrativa"},
    TypeInfo{EventType::item_voided, "ItemVoided", LeafKind::event, KeyDomain::subject,
             "person_file", "last_case_closed", schema_id<ItemVoided>(), 1, "Elemento annullato"},
    TypeInfo{EventType::rights_request_opened, "RightsRequestOpened", LeafKind::event,
             KeyDomain::subject, "rights", "request_closed", schema_id<RightsRequestOpened>(), 1,
             "Richiesta di esercizio dei diritti"},
    TypeInfo{EventType::retention_rule_set, "RetentionRuleSet", LeafKind::configuration,
             KeyDomain::none, "organisation", "permanent", schema_id<RetentionRuleSet>(), 1,
             "Regola di conservazione"},
    TypeInfo{EventType::processor_authorised, "ProcessorAuthorised", LeafKind::configuration,
             KeyDomain::none, "organisation", "permanent", schema_id<ProcessorAuthorised>(), 1,
             "Responsabile esterno autorizzato"},
    TypeInfo{EventType::stream_transferred, "StreamTransferred", LeafKind::erasure, KeyDomain::none,
             "log", "permanent", schema_id<StreamTransferred>(), 1, "Flusso trasferito"},
    TypeInfo{EventType::audit_mandate_decided, "AuditMandateDecided", LeafKind::configuration,
             KeyDomain::none, "organisation", "permanent", schema_id<AuditMandateDecided>(), 1,
             "Mandato di verifica deciso"},
    TypeInfo{EventType::erasure_proposed, "ErasureProposed", LeafKind::erasure, KeyDomain::none,
             "log", "permanent", schema_id<ErasureProposed>(), 1, "Cancellazione proposta"},
    TypeInfo{EventType::erasure_decided, "ErasureDecided", LeafKind::erasure, KeyDomain::none,
             "log", "permanent", schema_id<ErasureDecided>(), 1, "Cancellazione decisa"},
    TypeInfo{EventType::erasure_completed, "ErasureCompleted", LeafKind::erasure, KeyDomain::none,
             "log", "permanent", schema_id<ErasureCompleted>(), 2, "Cancellazione completata"},
    TypeInfo{EventType::audit_mandate_proposed, "AuditMandateProposed", LeafKind::configuration,
             KeyDomain::none, "organisation", "permanent", schema_id<AuditMandateProposed>(), 1,
             "Mandato di verifica proposto"},
};

constexpr bool every_type_is_declared() {
  for (const TypeInfo& info : kTypes)
    if (info.name.empty() || info.retention_category.empty() || info.term_start.empty() ||
        info.label_it.empty() || info.revision == 0)
      return false;
  return true;
}
static_assert(every_type_is_declared(), "an event type lacks its retention category or term");

constexpr bool sorted_and_unique() {
  for (std::size_t i = 1; i < kTypes.size(); ++i)
    if (!(kTypes[i - 1].type < kTypes[i].type)) return false;
  return true;
}
static_assert(sorted_and_unique());

}  // namespace

std::span<const TypeInfo> event_types() { return kTypes; }

const TypeInfo* find_type(EventType type) {
  const auto at = std::lower_bound(kTypes.begin(), kTypes.end(), type,
                                   [](const TypeInfo& info, EventType t) { return info.type < t; });
  return at != kTypes.end() && at->type == type ? &*at : nullptr;
}

const TypeInfo* find_schema(std::uint64_t id) {
  const auto at = std::find_if(kTypes.begin(), kTypes.end(),
                               [id](const TypeInfo& info) { return info.schema_id == id; });
  return at != kTypes.end() ? &*at : nullptr;
}

}  // namespace cartella::schema
