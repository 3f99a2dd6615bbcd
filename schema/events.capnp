@0xc4b1d0a7e2f35a91;
# schema/events.capnp: what is sealed inside the segments of an event.
#
# Segment 0 of every event is an EventHeader; the other segments hold one of the bodies below.
# Rules of evolution: fields are only ever added, never renumbered or removed; an enumerant that a
# reader does not know is kept. Every body is encoded canonically in a single segment.
# Dates are days since 1970-01-01 (Int32; kNoDate where absent, which is the default of every date),
# times are microseconds UTC (Int64; kNoTime where absent, the default of every time), money is Int64
# cents, ids are Data of 16 bytes. What is absent is a null pointer: no empty text, no id of zeros.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cartella::schema");

const kNoDate :Int32 = -2147483648;
const kNoTime :Int64 = -9223372036854775808;

struct ExternalRef {
  system @0 :Text;      # "SISO", "ANA_PER"
  table @1 :Text;
  key @2 :Text;         # the primary key of the source row
}

struct EventHeader {
  type @0 :UInt16;             # schema/event_types.h
  batchId @1 :Data;            # 16 bytes; absent for a single event
  controller @2 :Data;
  occurredAt @3 :Int64 = -9223372036854775808;
  validFrom @4 :Int32 = -2147483648;
  validTo @5 :Int32 = -2147483648;
  actor @6 :Data;              # operator, or the importing service
  onBehalfOf @7 :Data;
  role @8 :Text;
  unit @9 :Data;               # acting_as unit
  purpose @10 :Text;
  legalBasis @11 :Text;
  legalBasisConfirmed @12 :Bool;  # false: "as to be confirmed" (imports)
  source @13 :Text;            # person, registry, SISO, ...
  correlation @14 :Data;
  causation @15 :Data;
  commandDigest @16 :Data;     # HMAC, event 0 of a call only (amendment 4)
  externalRefs @17 :List(ExternalRef);
  subject @18 :Data;           # main person, empty where the event is about none
  appVersion @19 :Text;
}

# ---- people -------------------------------------------------------------------------------------
enum IdentifierKind { cf @0; cfProvisional @1; stp @2; eni @3; internal @4; alias @5; }

struct Identifier {
  kind @0 :IdentifierKind;
  value @1 :Text;              # normalised
  issuer @2 :Text;
  validFrom @3 :Int32 = -2147483648;
  validTo @4 :Int32 = -2147483648;
  verified @5 :Bool;
}

struct Identity {
  surname @0 :Text;
  name @1 :Text;
  sex @2 :Text;                # M, F or empty
  birthDate @3 :Int32 = -2147483648;
  deathDate @4 :Int32 = -2147483648;
  birthPlace @5 :Text;         # Belfiore code of a comune or foreign state
  citizenship @6 :Text;        # ISO 3166 numeric
  civilStatus @7 :Text;        # code list civil_status
}

struct Address {
  comune @0 :Text;             # Belfiore
  street @1 :Text;
  number @2 :Text;
  detail @3 :Text;
  homeless @4 :Bool;
  municipalCode @5 :Text;      # code of the street in the municipal list
}

# A person becomes known to a controller: first event of a person stream.
struct PersonRegistered {
  subject @0 :Data;
  anonymous @1 :Bool;
  identifiers @2 :List(Identifier);
  identity @3 :Identity;
  registryComune @4 :Text;     # where the registry is the source
  registryMatricola @5 :Text;
}
struct IdentifierAdded { subject @0 :Data; identifier @1 :Identifier; replaces @2 :Identifier; reason @3 :Text; }
struct IdentityRecorded { subject @0 :Data; identity @1 :Identity; reason @2 :Text; }
struct ResidenceRecorded { subject @0 :Data; address @1 :Address; immigratedFrom @2 :Text; emigratedTo @3 :Text; left @4 :Bool; }
struct HouseholdRecorded { subject @0 :Data; householdNumber @1 :Text; role @2 :Text; }
# Kinship holds a role and a key id, never the other person's identity (ledger.md 3).
struct KinshipRecorded { subject @0 :Data; role @1 :Text; otherKey @2 :Data; ended @3 :Bool; }
struct ContactRecorded { subject @0 :Data; phone @1 :Text; mobile @2 :Text; email @3 :Text; holder @4 :Text; }
struct DeathRecorded { subject @0 :Data; deathDate @1 :Int32 = -2147483648; }

# ---- intake cards of the segretariato sociale -----------------------------------------------------
struct CardOpened {
  number @0 :Int64;            # the number people know the card by
  subject @1 :Data;
  anonymous @2 :Bool;
  accessDate @3 :Int32 = -2147483648;
  mode @4 :Text;
  interlocutor @5 :Text;
  motive @6 :Text;
  motiveText @7 :Text;
  informed @8 :Bool;
  office @9 :Data;
  contactPoint @10 :Text;
  ente @11 :Data;
  operator @12 :Data;
  homeless @13 :Bool;
}
# Its own disclosure unit: the reporter must be withheld alone.
struct CardReporterRecorded { relation @0 :Text; name @1 :Text; phone @2 :Text; protected @3 :Bool; }
struct CardNeedsRecorded { needs @0 :List(Data); otherText @1 :Text; }       # ids of NeedDefined
struct CardServicesRequested { services @0 :List(Data); otherText @1 :Text; } # ids of ServiceDefined
struct CardClosed { cardType @0 :Text; takenInCharge @1 :Bool; municipalOnly @2 :Bool; complete @3 :Bool; }
struct CardLinkedToCase { caseStream @0 :Data; state @1 :Text; note @2 :Text; }

# ---- cases ----------------------------------------------------------------------------------------
enum CaseState { none @0; aperto @1; chiuso @2; presoInCarico @3; segnalato @4; unused5 @5; riaperto @6;
  unused7 @7; unused8 @8; unused9 @9; segnalatoEnte @10; segnalatoOperatore @11; }

struct CaseOpened { number @0 :Int64; subject @1 :Data; personStream @2 :Data; card @3 :Data; note @4 :Text; ente @5 :Data; sector @6 :Data; operator @7 :Data; }
struct CaseStateChanged {
  state @0 :CaseState;
  from @1 :CaseState;
  operator @2 :Data;
  sector @3 :Data;
  ente @4 :Data;
  toSector @5 :Data;
  toOperator @6 :Data;
  toEnte @7 :Data;
  note @8 :Text;
  administrativeDate @9 :Int64 = -9223372036854775808;
}
struct CaseCategorySet { category @0 :Text; prevalent @1 :Bool; ended @2 :Bool; }
struct CaseOperatorAssigned { operator @0 :Data; sector @1 :Data; responsible @2 :Bool; ended @3 :Bool; }
struct CaseShared { unit @0 :Data; sections @1 :List(Text); reason @2 :Text; revoked @3 :Bool; }

struct InterviewRecorded {
  caseStream @0 :Data;
  subject @1 :Data;
  reserved @2 :Bool;
  text @3 :Text;
  withWhom @4 :Text;
  operator @5 :Data;
  heldAt @6 :Int64 = -9223372036854775808;
  mentions @7 :List(Data);
  sector @8 :Data;
  secondLevel @9 :Text;        # the second level that alone may read it; empty: none
}
struct NoteRecorded { caseStream @0 :Data; subject @1 :Data; text @2 :Text; private @3 :Bool; operator @4 :Data; mentions @5 :List(Data); }

# ---- benefits (what the INPS flow will ask, siuss.md 3.3) -----------------------------------------
enum InCharge { unknown @0; yes @1; no @2; }
struct BenefitGranted {
  subject @0 :Data;
  caseStream @1 :Data;
  payingEnte @2 :Data;
  protocol @3 :Text;           # at most 32 characters, unique per paying ente, immutable
  protocolDate @4 :Int32 = -2147483648;
  inpsCode @5 :Text;
  inpsName @6 :Text;
  periodic @7 :Bool;
  meansTest @8 :UInt8;         # 1 to 4
  dsuNumber @9 :Text;          # all three or none
  dsuYear @10 :UInt16;
  dsuDate @11 :Int32 = -2147483648;
  eventDate @12 :Int32 = -2147483648;
  periodFrom @13 :Int32 = -2147483648;  # within one calendar year
  periodTo @14 :Int32 = -2147483648;
  inCharge @15 :InCharge;
  userArea @16 :UInt8;         # 0 absent, 1 family and minors, 2 disabled and elderly, 3 poverty
  supersedes @17 :Data;
  category @18 :Text;
  beneficiaryKind @19 :Text;   # INDIVIDUALE, NUCLEO, GRUPPO
  sector @20 :Data;
  operator @21 :Data;
}
struct BenefitDelivered {
  deliveredOn @0 :Int32 = -2147483648;
  amountCents @1 :Int64;
  enteCents @2 :Int64;
  userCents @3 :Int64;
  healthCents @4 :Int64;
  otherCents @5 :Int64;
  minutes @6 :UInt32;
  operator @7 :Data;
  supersedes @8 :Data;
  status @9 :Text;
  deliveredTo @10 :Int32 = -2147483648;  # last day of a delivery that took several
}
struct BenefitClosed { closedOn @0 :Int32 = -2147483648; reason @1 :Text; }
# In the stream of the benefit that no longer counts: its correction took its place.
struct BenefitSuperseded { by @0 :Data; }

# ---- organisation (kind configuration: no personal data; people who work are opaque ids) -----------
struct AmbitoDefined { name @0 :Text; slug @1 :Text; regionIstat @2 :Text; mode @3 :Text; }
struct ZoneDefined { zone @0 :Data; name @1 :Text; code @2 :Text; }
struct EnteDefined { ente @0 :Data; name @1 :Text; belfiore @2 :Text; zone @3 :Data; lead @4 :Bool; exportCode @5 :Text; seatCode @6 :Text; enabled @7 :Bool; }
struct OfficeDefined { office @0 :Data; name @1 :Text; ente @2 :Data; needsRequired @3 :Bool; servicesRequired @4 :Bool; contactPoint @5 :Text; enabled @6 :Bool; }
struct SectorDefined { sector @0 :Data; name @1 :Text; ente @2 :Data; secondLevel @3 :Text; enabled @4 :Bool; categories @5 :List(Text); }  # categories: empty = every one
# Sealed under the staff domain: a user name is a person's datum.
struct OperatorDefined { operator @0 :Data; username @1 :Text; enabled @2 :Bool; }
struct OperatorAssigned { operator @0 :Data; sector @1 :Data; roleGroup @2 :Text; ended @3 :Bool; }
struct NeedDefined { need @0 :Data; label @1 :Text; class @2 :Text; economic @3 :Bool; enabled @4 :Bool; }
struct ServiceDefined { service @0 :Data; label @1 :Text; external @2 :Bool; enabled @3 :Bool; }
struct CategoryDefined { category @0 :Text; label @1 :Text; enabled @2 :Bool; }

# Sealed under the controller's key: cells of a report may be small. figures: lines "section TAB key TAB value".
struct ReportPublished { name @0 :Text; query @1 :Text; rules @2 :UInt32; position @3 :UInt64; figures @4 :Text; }

# ---- registry and imports --------------------------------------------------------------------------
struct RegistryEnabled { comune @0 :Text; act @1 :Text; expires @2 :Int32 = -2147483648; }
struct RegistryImported { comune @0 :Text; fileKind @1 :Text; fileDate @2 :Int32 = -2147483648; digest @3 :Data; records @4 :UInt64; accepted @5 :UInt64; faults @6 :UInt64; known @7 :UInt64; variations @8 :UInt64; }
struct RegistryVariation { subject @0 :Data; kind @1 :Text; matricola @2 :Text; digest @3 :Data; }
struct ImportOpened { importId @0 :Data; system @1 :Text; digest @2 :Data; }
struct ImportClosed { importId @0 :Data; rows @1 :UInt64; events @2 :UInt64; rejected @3 :UInt64; warnings @4 :UInt64; }

# ---- the log itself (clear bodies, opaque ids only) -------------------------------------------------
struct Genesis {
  logId @0 :Data;
  origin @1 :Text;
  logKey @2 :Data;             # Ed25519 public key that signs checkpoints
  format @3 :Text;             # "CRT1"
  mode @4 :Text;               # production, test, training
  eventBytesMax @5 :UInt32;
  callBytesMax @6 :UInt32;
  callEventsMax @7 :UInt32;
  previousOrigin @8 :Text;     # a second genesis of a restored log names the old one
  previousCheckpoint @9 :Text;
  reason @10 :Text;
}
struct SignerEnrolled { signer @0 :Data; publicKey @1 :Data; algorithm @2 :Text; owner @3 :Data; rights @4 :List(Text); proofOfPossession @5 :Data; enrolledBy @6 :Data; }
struct SignerRevoked { signer @0 :Data; fromPosition @1 :UInt64; reason @2 :Text; }
struct SchemaRegistered { type @0 :UInt16; name @1 :Text; schemaId @2 :UInt64; revision @3 :UInt32; retentionCategory @4 :Text; termStart @5 :Text; text @6 :Text; }
struct ConfigurationSet { key @0 :Text; value @1 :Text; }
struct ClockConfirmed { wallTime @0 :Int64 = -9223372036854775808; headTime @1 :Int64 = -9223372036854775808; operator @2 :Data; }
struct AttestationMade { view @0 :Text; generation @1 :UInt64; cursor @2 :UInt64; root @3 :Data; rowCount @4 :UInt64; mac @5 :Data; }

# ---- access log (kind access) -----------------------------------------------------------------------
struct AccessRecorded {
  requestId @0 :Data; operation @1 :Text; outcome @2 :Text; actor @3 :Data; actorRole @4 :Text; actorUnit @5 :Data;
  onBehalfOf @6 :Data; clientId @7 :Text; ip @8 :Text; authContext @9 :Text; subjects @10 :List(Data); caseId @11 :Data;
  target @12 :Text; relation @13 :Text; purpose @14 :Text; resultCount @15 :UInt32; asOf @16 :UInt64;
  releasedTo @17 :Text; evidence @18 :Data; severity @19 :Text; policyVersion @20 :UInt32;
  terms @21 :Data;             # of a search: keyed digest of what was asked
  section @22 :Text;           # part of the target that was shown; empty: all of it
  repeated @23 :UInt32;        # refused attempts of a flood that this entry counts together; 0 or 1: one
  registryPerson @24 :Data;    # a resident outside the ledger: HMAC(month key, comune || matricola)
}
struct AccessReason { subject @0 :Data; reason @1 :Text; resultDigest @2 :Data; }

# ---- reserved now, used by later work: the schemas stand in the log from the first day ---------------
struct ItemMasked { item @0 :Data; requestedBy @1 :Text; reason @2 :Text; }
struct ItemUnmasked { item @0 :Data; reason @1 :Text; }
struct ProcessingRestricted { subject @0 :Data; items @1 :List(Data); ground @2 :Text; controller @3 :Data; decidedBy @4 :Data; }
struct ProcessingRestrictionLifted { subject @0 :Data; notice @1 :Text; reason @2 :Text; restriction @3 :Data; decidedBy @4 :Data; }
struct LegalHoldPlaced { items @0 :List(Data); act @1 :Text; authority @2 :Text; until @3 :Int32 = -2147483648; subject @4 :Data; controller @5 :Data; placedBy @6 :Data; }
struct LegalHoldLifted { hold @0 :Data; act @1 :Text; liftedBy @2 :Data; }
struct DataDisclosed { subject @0 :Data; recipient @1 :Text; legalBasis @2 :Text; items @3 :List(Data); digest @4 :Data; transmittedAt @5 :Int64 = -9223372036854775808; }
struct DocumentReleased { subject @0 :Data; recipient @1 :Text; purpose @2 :Text; sha256 @3 :Data; items @4 :List(Data); }
struct NoticeGiven { subject @0 :Data; version @1 :Text; channel @2 :Text; language @3 :Text; }
struct FactCorrected { item @0 :Data; supersedes @1 :Data; field @2 :Text; value @3 :Text; reason @4 :Text; }
struct StatementAdded { item @0 :Data; subject @1 :Data; text @2 :Text; }
struct ItemVoided { item @0 :Data; reason @1 :Text; }
struct PersonsLinked { subject @0 :Data; other @1 :Data; evidence @2 :Text; }
struct PersonsUnlinked { subject @0 :Data; other @1 :Data; reason @2 :Text; }
struct PseudonymAssigned { subject @0 :Data; scope @1 :Text; pseudonym @2 :Text; }
struct RetentionRuleSet { category @0 :Text; months @1 :UInt32; start @2 :Text; act @3 :Text; }
struct ProcessorAuthorised { processor @0 :Text; act @1 :Text; expires @2 :Int32 = -2147483648; operators @3 :List(Data); }
struct StreamTransferred { from @0 :Data; to @1 :Data; act @2 :Text; keyId @3 :Data; }  # an id, never a key
# Two people: one proposes, another grants or refuses (ledger-amendments.md 7). The mandate's id is the
# proposal's event id.
struct AuditMandateProposed { act @0 :Text; auditor @1 :Data; subjects @2 :List(Data); cases @3 :List(Data); sections @4 :List(Text); from @5 :Int32 = -2147483648; to @6 :Int32 = -2147483648; proposedBy @7 :Data; }
struct AuditMandateDecided { act @0 :Text; auditor @1 :Data; subjects @2 :List(Data); cases @3 :List(Data); sections @4 :List(Text); from @5 :Int32 = -2147483648; to @6 :Int32 = -2147483648; mandate @7 :Data; decidedBy @8 :Data; refused @9 :Bool; }
# Who may act in which role: for a sector, an office or an ente, or for the whole ambito (unit empty).
struct RoleGranted { operator @0 :Data; role @1 :Text; unit @2 :Data; from @3 :Int32 = -2147483648; to @4 :Int32 = -2147483648; act @5 :Text; grantedBy @6 :Data; }
struct RoleRevoked { operator @0 :Data; role @1 :Text; unit @2 :Data; reason @3 :Text; revokedBy @4 :Data; }
# In the stream of the person as the other controller knows them: somebody registered the same person again.
struct PossibleDuplicateNoted { subject @0 :Data; personStream @1 :Data; identifierKind @2 :IdentifierKind; noticedByUnit @3 :Data; sameController @4 :Bool; }
# A request of a person, or of who acts for them; first event of a stream of its own.
struct RightsRequestOpened { subject @0 :Data; personStream @1 :Data; kind @2 :Text; receivedOn @3 :Int32 = -2147483648; requester @4 :Text; title @5 :Text; note @6 :Text; }
# Of erasures: scope is "item" (target: a stream), "person", "month" or "controller"; decision is "erase",
# "refuse", "restrict" (a hold or a duty to keep) or "keep_for_other" (another person's ground). Texts of
# others that mention the person stand by their positions, each with a person's decision. The proposal's
# subject is whose item it is.
struct ErasureProposed { scope @0 :Text; target @1 :Data; controller @2 :Data; basis @3 :Text; counts @4 :List(UInt64); mentions @5 :List(UInt64); proposedBy @6 :Data; subject @7 :Data; }
struct ErasureDecided { proposal @0 :Data; scope @1 :Text; target @2 :Data; controller @3 :Data; decision @4 :Text; ground @5 :Text; decidedBy @6 :Data; keptMentions @7 :List(UInt64); erasedMentions @8 :List(UInt64); }
struct ErasureCompleted {
  decision @0 :Data; streams @1 :UInt64; events @2 :UInt64; keys @3 :UInt64; finalAt @4 :Int64 = -9223372036854775808; certificate @5 :Data;
  copies @6 :List(VaultCopy);   # since revision 2: those of the vault that could still undo it
}
struct VaultCopy { id @0 :Data; madeAt @1 :Int64 = -9223372036854775808; expiresAt @2 :Int64 = -9223372036854775808; }
