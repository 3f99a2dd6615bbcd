#include "schema/schema_text.h"

#include <capnp/dynamic.h>
#include <capnp/pretty-print.h>
#include <capnp/schema.h>

#include <optional>
#include <set>
#include <vector>

#include "schema/body.h"
#include "schema/event_types.h"
#include "schema/events.capnp.h"

namespace cartella::schema {

namespace {

std::string short_name(capnp::Schema schema) {
  const auto node = schema.getProto();
  const std::string name = node.getDisplayName().cStr();
  return name.substr(node.getDisplayNamePrefixLength());
}

std::string id_text(std::uint64_t id) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "@0x";
  for (int shift = 60; shift >= 0; shift -= 4) text.push_back(digits[(id >> shift) & 0xF]);
  return text;
}

// Writes declarations one after the other; what a declaration refers to is queued behind it.
class Printer {
 public:
  std::string print(capnp::StructSchema root) {
    refer(root);
    for (std::size_t i = 0; i < x_queue.size(); ++i) {
      const capnp::Schema schema = x_queue[i];
      if (schema.getProto().isEnum())
        print_enum(schema.asEnum());
      else
        print_struct(schema.asStruct());
    }
    return std::move(x_text);
  }

 private:
  void refer(capnp::Schema schema) {
    if (x_seen.insert(schema.getProto().getId()).second) x_queue.push_back(schema);
  }

  std::string type_text(capnp::Type type) {
    if (type.isList()) return "List(" + type_text(type.asList().getElementType()) + ")";
    if (type.isStruct()) {
      refer(type.asStruct());
      return short_name(type.asStruct());
    }
    if (type.isEnum()) {
      refer(type.asEnum());
      return short_name(type.asEnum());
    }
    switch (type.which()) {
      case capnp::schema::Type::BOOL: return "Bool";
      case capnp::schema::Type::UINT8: return "UInt8";
      case capnp::schema::Type::UINT16: return "UInt16";
      case capnp::schema::Type::UINT32: return "UInt32";
      case capnp::schema::Type::UINT64: return "UInt64";
      case capnp::schema::Type::INT8: return "Int8";
      case capnp::schema::Type::INT16: return "Int16";
      case capnp::schema::Type::INT32: return "Int32";
      case capnp::schema::Type::INT64: return "Int64";
      case capnp::schema::Type::TEXT: return "Text";
      case capnp::schema::Type::DATA: return "Data";
      default: return "AnyPointer";
    }
  }

  // Only dates and times have a default other than zero.
  static std::string default_text(const capnp::StructSchema::Field& field) {
    const auto slot = field.getProto().getSlot();
    if (!slot.getHadExplicitDefault()) return "";
    const auto value = slot.getDefaultValue();
    if (value.isInt32()) return " = " + std::to_string(value.getInt32());
    if (value.isInt64()) return " = " + std::to_string(value.getInt64());
    return "";
  }

  void print_struct(capnp::StructSchema schema) {
    x_text += "struct " + short_name(schema) + " " + id_text(schema.getProto().getId()) + " {\n";
    for (const auto field : schema.getFields())
      x_text += "  " + std::string(field.getProto().getName().cStr()) + " @" +
                std::to_string(field.getProto().getOrdinal().getExplicit()) + " :" +
                type_text(field.getType()) + default_text(field) + ";\n";
    x_text += "}\n";
  }

  void print_enum(capnp::EnumSchema schema) {
    x_text += "enum " + short_name(schema) + " " + id_text(schema.getProto().getId()) + " {\n";
    for (const auto one : schema.getEnumerants())
      x_text += "  " + std::string(one.getProto().getName().cStr()) + " @" +
                std::to_string(one.getOrdinal()) + ";\n";
    x_text += "}\n";
  }

  std::string x_text;
  std::vector<capnp::Schema> x_queue;
  std::set<std::uint64_t> x_seen;
};

template <class... Bodies>
std::optional<capnp::StructSchema> find_one_of(std::uint64_t id) {
  std::optional<capnp::StructSchema> found;
  static_cast<void>(
      ((capnp::typeId<Bodies>() == id && (found = capnp::Schema::from<Bodies>(), true)) || ...));
  return found;
}

std::optional<capnp::StructSchema> find_struct(std::uint64_t schema_id) {
  return find_one_of<
      EventHeader, Genesis, SignerEnrolled, SignerRevoked, SchemaRegistered, ConfigurationSet,
      ClockConfirmed, AttestationMade, AmbitoDefined, ZoneDefined, EnteDefined, OfficeDefined,
      SectorDefined, OperatorDefined, OperatorAssigned, NeedDefined, ServiceDefined,
      CategoryDefined, ReportPublished, RoleGranted, RoleRevoked, RegistryEnabled, RegistryImported,
      RegistryVariation, ImportOpened, ImportClosed, PersonRegistered, IdentifierAdded,
      IdentityRecorded, ResidenceRecorded, HouseholdRecorded, KinshipRecorded, ContactRecorded,
      DeathRecorded, PersonsLinked, PersonsUnlinked, PseudonymAssigned, PossibleDuplicateNoted,
      CardOpened, CardReporterRecorded, CardNeedsRecorded, CardServicesRequested, CardClosed,
      CardLinkedToCase, CaseOpened, CaseStateChanged, CaseCategorySet, CaseOperatorAssigned,
      CaseShared, InterviewRecorded, NoteRecorded, BenefitGranted, BenefitDelivered, BenefitClosed,
      BenefitSuperseded, AccessRecorded, AccessReason, DataDisclosed, DocumentReleased, NoticeGiven,
      ItemMasked, ItemUnmasked, ProcessingRestricted, ProcessingRestrictionLifted, LegalHoldPlaced,
      LegalHoldLifted, FactCorrected, StatementAdded, ItemVoided, RightsRequestOpened,
      RetentionRuleSet, ProcessorAuthorised, StreamTransferred, AuditMandateProposed,
      AuditMandateDecided, ErasureProposed, ErasureDecided, ErasureCompleted>(schema_id);
}

}  // namespace

std::string schema_text(std::uint64_t schema_id) {
  const auto found = find_struct(schema_id);
  return found ? Printer().print(*found) : "";
}

Result<std::string> message_text(std::uint64_t schema_id, ByteView message) {
  const auto found = find_struct(schema_id);
  if (!found) return fail(Errc::unsupported, "this program does not know the schema of the body");
  if (message.size() % sizeof(capnp::word) != 0 || message.empty())
    return fail(Errc::invalid_input, "a body is a whole number of words");
  auto words = kj::heapArray<capnp::word>(message.size() / sizeof(capnp::word));
  std::memcpy(words.asBytes().begin(), message.data(), message.size());
  capnp::ReaderOptions options;
  options.traversalLimitInWords = kTraversalWordsMax;
  options.nestingLimit = kNestingMax;
  try {
    const kj::ArrayPtr<const capnp::word> segments[1] = {words};
    capnp::SegmentArrayMessageReader reader(kj::arrayPtr(segments, 1), options);
    const kj::String text =
        capnp::prettyPrint(reader.getRoot<capnp::DynamicStruct>(*found)).flatten();
    return std::string(text.cStr(), text.size());
  } catch (const kj::Exception&) {
    return fail(Errc::invalid_input, "a body does not follow its schema");
  }
}

}  // namespace cartella::schema
