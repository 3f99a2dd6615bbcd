// tests/fuzz/message.cc: Cap'n Proto messages: header, bodies, a stream of sealed events (B-04).
//
// Whatever opens must open within the reader's limits; a header that opens is encoded canonically
// and opens as the same value. An event that the stream gives is held to its leaf, as who
// replays it does. Threads: one.
#include "api/bulk_replay.h"
#include "base/check.h"
#include "crypto/record.h"
#include "schema/body.h"
#include "schema/codec.h"
#include "schema/event_types.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

// Reads every text and blob of the message, as a projection might.
template <class Root>
void walk(ByteView bytes) {
  const auto told = schema::with_body<Root>(bytes, [](typename Root::Reader root) -> Result<int> {
    return static_cast<int>(kj::str(root).size() & 1);
  });
  if (!told) CHECK(told.error().code == Errc::invalid_input);
}

// Every body that schema/events.capnp has.
template <class... Roots>
void walk_each(ByteView bytes) {
  (walk<Roots>(bytes), ...);
}

void walk_all(ByteView bytes) {
  walk_each<
      schema::PersonRegistered, schema::IdentifierAdded, schema::IdentityRecorded,
      schema::ResidenceRecorded, schema::HouseholdRecorded, schema::KinshipRecorded,
      schema::ContactRecorded, schema::DeathRecorded, schema::CardOpened,
      schema::CardReporterRecorded, schema::CardNeedsRecorded, schema::CardServicesRequested,
      schema::CardClosed, schema::CardLinkedToCase, schema::CaseOpened, schema::CaseStateChanged,
      schema::CaseCategorySet, schema::CaseOperatorAssigned, schema::CaseShared,
      schema::InterviewRecorded, schema::NoteRecorded, schema::BenefitGranted,
      schema::BenefitDelivered, schema::BenefitClosed, schema::BenefitSuperseded,
      schema::AmbitoDefined, schema::ZoneDefined, schema::EnteDefined, schema::OfficeDefined,
      schema::SectorDefined, schema::OperatorDefined, schema::OperatorAssigned, schema::NeedDefined,
      schema::ServiceDefined, schema::CategoryDefined, schema::ReportPublished,
      schema::RegistryEnabled, schema::RegistryImported, schema::RegistryVariation,
      schema::ImportOpened, schema::ImportClosed, schema::Genesis, schema::SignerEnrolled,
      schema::SignerRevoked, schema::SchemaRegistered, schema::ConfigurationSet,
      schema::ClockConfirmed, schema::AttestationMade, schema::AccessRecorded, schema::AccessReason,
      schema::ItemMasked, schema::ItemUnmasked, schema::ProcessingRestricted,
      schema::ProcessingRestrictionLifted, schema::LegalHoldPlaced, schema::LegalHoldLifted,
      schema::DataDisclosed, schema::DocumentReleased, schema::NoticeGiven, schema::FactCorrected,
      schema::StatementAdded, schema::ItemVoided, schema::PersonsLinked, schema::PersonsUnlinked,
      schema::PseudonymAssigned, schema::RetentionRuleSet, schema::ProcessorAuthorised,
      schema::StreamTransferred, schema::AuditMandateProposed, schema::AuditMandateDecided,
      schema::RoleGranted, schema::RoleRevoked, schema::PossibleDuplicateNoted,
      schema::RightsRequestOpened, schema::ErasureProposed, schema::ErasureDecided,
      schema::ErasureCompleted>(bytes);
}

// Reader and check may refuse with any code.
void replay(ByteView bytes) {
  const Status read = api::read_replay(bytes, [](const crypto::StoredEvent& event) -> Status {
    static_cast<void>(crypto::check_body(event).has_value());
    return ok();
  });
  static_cast<void>(read.has_value());
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> messages;
  for (const auto& name :
       {"event.txt", "key.txt", "configuration.txt", "erasure.txt", "replay.txt"})
    for (auto& bytes : golden_bytes(name))
      if (bytes.size() % 8 == 0) messages.push_back(std::move(bytes));
  return messages;
}

void judge(ByteView bytes) {
  if (const auto header = schema::decode_header(bytes)) {
    const Bytes canonical = schema::encode_header(header.value());
    const auto again = schema::decode_header(canonical);
    CHECK(again.has_value() && again.value() == header.value());
  }
  walk_all(bytes);
  replay(bytes);
}

}  // namespace cartella::fuzz
