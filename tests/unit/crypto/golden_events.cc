#include "tests/unit/crypto/golden_events.h"

#include "schema/body.h"
#include "schema/codec.h"
#include "tests/unit/crypto/support.h"

namespace cartella::crypto::testing {

namespace {

using schema::EventType;
using schema::KeyClass;
using schema::LeafKind;

constexpr std::int64_t kOccurred = 1'704'103'200'000'000;  // 2024-01-01T10:00:00Z

const ControllerId kController = id_of<ControllerId>("golden controller");
const SubjectId kSubject = id_of<SubjectId>("golden subject");
const OperatorId kOperator = id_of<OperatorId>("golden operator");
const KeyId kControllerKey = id_of<KeyId>("golden controller key");
const KeyId kSubjectKey = id_of<KeyId>("golden subject key");
const KeyId kReservedKey = id_of<KeyId>("golden reserved key");
const KeyId kMonthKey = id_of<KeyId>("golden month key");
const KeyId kReasonKey = id_of<KeyId>("golden reason key");

SegmentPlan header(EventType type, const KeyId& key, const SubjectId& subject,
                   KeyClass key_class = KeyClass::base) {
  schema::HeaderView view;
  view.type = type;
  view.controller = kController;
  view.occurred_at = TimeUs{kOccurred};
  view.valid_from = date_of(TimeUs{kOccurred});
  view.actor = kOperator;
  view.role = "assistente_sociale";
  view.purpose = "segretariato";
  view.legal_basis = "L. 328/2000 art. 22";
  view.legal_basis_confirmed = true;
  view.source = "person";
  view.subject = subject;
  view.app_version = "0.1.0";
  return {key,
          key_class,
          {schema::kHeaderSchemaId, schema::kHeaderRevision, schema::encode_header(view)}};
}

SegmentPlan body(EventType type, const KeyId& key, KeyClass key_class, Bytes message) {
  const schema::TypeInfo* info = schema::find_type(type);
  return {key, key_class, {info->schema_id, info->revision, std::move(message)}};
}

GoldenEvent clear(std::string name, LeafKind kind, EventType type, Bytes message) {
  EventPlan plan;
  plan.kind = kind;
  plan.event_id = id_of<EventId>("golden event " + name);
  plan.stream_id = id_of<StreamId>("golden stream " + name);
  plan.expected_revision = kExpectNone;
  plan.segments.push_back(header(type, KeyId{}, SubjectId{}));
  plan.segments.push_back(body(type, KeyId{}, KeyClass::base, std::move(message)));
  return {std::move(name), std::move(plan)};
}

GoldenEvent genesis() {
  return clear("schema", LeafKind::schema, EventType::genesis,
               schema::encode_body<schema::Genesis>([](schema::Genesis::Builder to) {
                 const LogId log = golden_log();
                 const PublicKey key = golden_log_signer().public_key();
                 to.setLogId(schema::data_of(log.bytes));
                 to.setOrigin(golden_origin());
                 to.setLogKey(schema::data_of(key));
                 to.setFormat(kFormat);
                 to.setMode("test");
                 to.setEventBytesMax(kEventBytesMax);
                 to.setCallBytesMax(768 * 1024);
                 to.setCallEventsMax(256);
               }));
}

GoldenEvent key_event() {
  return clear("key", LeafKind::key, EventType::signer_enrolled,
               schema::encode_body<schema::SignerEnrolled>([](schema::SignerEnrolled::Builder to) {
                 const Signer signer = golden_server_signer();
                 const Signature proof =
                     signer.sign(possession_message(golden_log(), signer.public_key(), kOperator));
                 to.setSigner(schema::id_data(signer.id()));
                 to.setPublicKey(schema::data_of(signer.public_key()));
                 to.setAlgorithm(kSignerAlgorithm);
                 to.setOwner(schema::id_data(kOperator));
                 auto rights = to.initRights(2);
                 rights.set(0, "append");
                 rights.set(1, "enrol");
                 to.setProofOfPossession(schema::data_of(proof));
                 to.setEnrolledBy(schema::id_data(signer.id()));
               }));
}

GoldenEvent configuration() {
  return clear(
      "configuration", LeafKind::configuration, EventType::configuration_set,
      schema::encode_body<schema::ConfigurationSet>([](schema::ConfigurationSet::Builder to) {
        to.setKey("terms.access_months");
        to.setValue("24");
      }));
}

// Sealed: the header with the controller's key, the card with the subject's, and who reported as a
// disclosure unit of its own.
GoldenEvent event() {
  EventPlan plan;
  plan.event_id = id_of<EventId>("golden event event");
  plan.stream_id = id_of<StreamId>("golden stream event");
  plan.expected_revision = kExpectNone;
  plan.segments.push_back(header(EventType::card_opened, kControllerKey, kSubject));
  plan.segments.push_back(
      body(EventType::card_opened, kSubjectKey, KeyClass::base,
           schema::encode_body<schema::CardOpened>([](schema::CardOpened::Builder to) {
             to.setNumber(1024);
             to.setSubject(schema::id_data(kSubject));
             to.setAccessDate(date_of(TimeUs{kOccurred}).days);
             to.setMode("sportello");
             to.setMotiveText(
                 "Chiede un aiuto per la spesa, perch\xC3\xA9 "
                 "il mese non basta.");
             to.setInformed(true);
             to.setOperator(schema::id_data(kOperator));
           })));
  plan.segments.push_back(body(EventType::card_reporter_recorded, kReservedKey, KeyClass::reserved,
                               schema::encode_body<schema::CardReporterRecorded>(
                                   [](schema::CardReporterRecorded::Builder to) {
                                     to.setRelation("vicina di casa");
                                     to.setName("Ortensia Fiordalisi");
                                     to.setProtected(true);
                                   })));
  return {"event", std::move(plan)};
}

GoldenEvent access() {
  EventPlan plan;
  plan.kind = LeafKind::access;
  plan.event_id = id_of<EventId>("golden event access");
  plan.stream_id = id_of<StreamId>("golden stream access");
  plan.expected_revision = kExpectAny;
  plan.segments.push_back(
      header(EventType::access_recorded, kMonthKey, SubjectId{}, KeyClass::access));
  plan.segments.push_back(
      body(EventType::access_recorded, kMonthKey, KeyClass::access,
           schema::encode_body<schema::AccessRecorded>([](schema::AccessRecorded::Builder to) {
             to.setRequestId(schema::id_data(id_of<EventId>("golden request")));
             to.setOperation("VIEW");
             to.setOutcome("ok");
             to.setActor(schema::id_data(kOperator));
             to.setActorRole("operatore");
             to.setClientId("postazione-7");
             to.setAuthContext("password+totp");
             to.initSubjects(1).set(0, schema::id_data(kSubject));
             to.setTarget("case/1");
             to.setRelation("in_charge");
             to.setPurpose("presa in carico");
             to.setResultCount(1);
             to.setAsOf(3);
             to.setSeverity("info");
             to.setPolicyVersion(1);
             to.setRepeated(1);
           })));
  const Hash32 digest = sha256(as_bytes("golden answer"));
  plan.segments.push_back(
      {kReasonKey,
       KeyClass::access,
       {capnp::typeId<schema::AccessReason>(), 1,
        schema::encode_body<schema::AccessReason>([&](schema::AccessReason::Builder to) {
          to.setSubject(schema::id_data(kSubject));
          to.setReason("Colloquio fissato per oggi");
          to.setResultDigest(schema::data_of(digest));
        })}});
  return {"access", std::move(plan)};
}

// As revision 1 recorded it, which stays readable.
GoldenEvent erasure() {
  GoldenEvent made =
      clear("erasure", LeafKind::erasure, EventType::erasure_completed,
            schema::encode_body<schema::ErasureCompleted>([](schema::ErasureCompleted::Builder to) {
              const Hash32 certificate = sha256(as_bytes("golden certificate"));
              to.setDecision(schema::id_data(id_of<EventId>("golden decision")));
              to.setStreams(2);
              to.setEvents(11);
              to.setKeys(3);
              to.setFinalAt(kOccurred + 30LL * 86'400'000'000);
              to.setCertificate(schema::data_of(certificate));
            }));
  made.plan.segments.back().plaintext.revision = 1;
  return made;
}

GoldenEvent attestation() {
  return clear(
      "attestation", LeafKind::attestation, EventType::attestation_made,
      schema::encode_body<schema::AttestationMade>([](schema::AttestationMade::Builder to) {
        const Hash32 root = sha256(as_bytes("golden view root"));
        const Hash32 mac = sha256(as_bytes("golden mac"));
        to.setView("case_file");
        to.setGeneration(1);
        to.setCursor(6);
        to.setRoot(schema::data_of(root));
        to.setRowCount(1);
        to.setMac(schema::data_of(mac));
      }));
}

}  // namespace

std::vector<GoldenEvent> golden_events() {
  return {genesis(), key_event(), configuration(), event(), access(), erasure(), attestation()};
}

LogId golden_log() { return log_of("golden log"); }
std::string golden_origin() {
  return "cartella/golden/" + to_hex(ByteView(golden_log().bytes).first(8));
}
Signer golden_server_signer() { return Signer(secret_of("golden server seed")); }
Signer golden_log_signer() { return Signer(secret_of("golden log seed")); }

Result<Secret32> GoldenKeys::segment_key(const KeyId& owner_key, const StreamId& stream) {
  const Secret32 owner(sha256({as_bytes("golden owner key"), owner_key.view()}));
  const Hash32 secret = sha256({as_bytes("golden stream secret"), stream.view()});
  return derive(owner, "segment", secret);
}

}  // namespace cartella::crypto::testing
