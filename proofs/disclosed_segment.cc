#include "proofs/disclosed_segment.h"

#include <boost/json.hpp>

#include "crypto/hash.h"
#include "schema/codec.h"
#include "schema/event_types.h"
#include "schema/schema_text.h"

namespace cartella::proofs {

namespace {

namespace json = boost::json;

constexpr std::string_view kFormat = "cartella/segment/1";
constexpr std::string_view kSegmentDomain{"cartella/seg/1\0", 15};
constexpr std::size_t kSchemaIdBytes = 8;

Error malformed() { return fail(Errc::invalid_input, "questo file non è un segmento comunicato"); }

template <std::size_t N>
bool take_hex(const json::object& from, const char* name, std::array<std::uint8_t, N>& to) {
  const auto* value = from.if_contains(name);
  if (value == nullptr || !value->is_string()) return false;
  const auto bytes = from_hex(std::string_view(value->as_string()));
  if (!bytes || bytes.value().size() != N) return false;
  std::copy(bytes.value().begin(), bytes.value().end(), to.begin());
  return true;
}

bool take_number(const json::object& from, const char* name, std::uint64_t max, std::uint64_t& to) {
  const auto* value = from.if_contains(name);
  if (value == nullptr) return false;
  boost::system::error_code error;
  to = value->to_number<std::uint64_t>(error);
  return !error && to <= max;
}

std::string name_of(std::uint64_t schema_id) {
  if (schema_id == schema::kHeaderSchemaId) return "EventHeader";
  const schema::TypeInfo* type = schema::find_schema(schema_id);
  return type == nullptr ? "" : std::string(type->name);
}

}  // namespace

std::string encode_segment(const DisclosedSegment& segment) {
  std::array<std::uint8_t, kSchemaIdBytes> schema_id{};
  store_be64(schema_id.data(), segment.plaintext.schema_id);
  json::object object;
  object["format"] = kFormat;
  object["position"] = segment.position;
  object["index"] = segment.index;
  object["class"] = static_cast<std::uint64_t>(segment.key_class);
  object["owner_key"] = segment.owner_key.hex();
  object["salt"] = to_hex(segment.salt);
  object["schema_id"] = to_hex(schema_id);
  object["revision"] = segment.plaintext.revision;
  object["message"] = to_base64(segment.plaintext.message);
  object["schema"] = schema::schema_text(segment.plaintext.schema_id);
  return json::serialize(object) + "\n";
}

Result<DisclosedSegment> decode_segment(std::string_view text) {
  boost::system::error_code error;
  if (text.size() > kSegmentFileBytesMax) return malformed();
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return malformed();
  const json::object& from = value.get_object();
  const auto* format = from.if_contains("format");
  const auto* message = from.if_contains("message");
  DisclosedSegment segment;
  std::uint64_t index = 0;
  std::uint64_t key_class = 0;
  std::uint64_t revision = 0;
  std::array<std::uint8_t, kSchemaIdBytes> schema_id{};
  if (format == nullptr || !format->is_string() ||
      std::string_view(format->get_string()) != kFormat || message == nullptr ||
      !message->is_string() || !take_number(from, "position", INT64_MAX, segment.position) ||
      !take_number(from, "index", crypto::kSegmentsMax - 1, index) ||
      !take_number(from, "class", static_cast<std::uint64_t>(schema::KeyClass::access),
                   key_class) ||
      !take_number(from, "revision", UINT32_MAX, revision) ||
      !take_hex(from, "owner_key", segment.owner_key.bytes) ||
      !take_hex(from, "salt", segment.salt) || !take_hex(from, "schema_id", schema_id))
    return malformed();
  auto bytes = from_base64(std::string_view(message->get_string()));
  if (!bytes) return malformed();
  segment.index = static_cast<std::uint16_t>(index);
  segment.key_class = static_cast<schema::KeyClass>(key_class);
  segment.plaintext = {load_be64(schema_id.data()), static_cast<std::uint32_t>(revision),
                       std::move(bytes.value())};
  return segment;
}

Result<SegmentProof> prove_segment(const DisclosedSegment& segment, const crypto::Leaf& leaf,
                                   const std::vector<crypto::Stub>& stubs) {
  const Error other = fail(Errc::corrupt, "posizione " + std::to_string(segment.position) +
                                              ", segmento " + std::to_string(segment.index) +
                                              ": NON è questo il testo che fu registrato");
  const auto padded = crypto::padded_plaintext(segment.plaintext);
  if (leaf.position != segment.position || segment.index >= stubs.size() || !padded) return other;
  const auto class_byte = static_cast<std::uint8_t>(segment.key_class);
  const Hash32 commitment =
      crypto::sha256_second({as_bytes(kSegmentDomain), segment.salt, segment.owner_key.view(),
                             ByteView(&class_byte, 1), padded.value()});
  if (commitment != stubs[segment.index].commitment) return other;
  SegmentProof proof;
  proof.position = leaf.position;
  proof.index = segment.index;
  proof.event_id = leaf.event_id.hex();
  proof.stream_id = leaf.stream_id.hex();
  proof.recorded_at_us = leaf.recorded_at.us;
  proof.schema = name_of(segment.plaintext.schema_id);
  auto content = schema::message_text(segment.plaintext.schema_id, segment.plaintext.message);
  if (content) proof.content = std::move(content.value());
  return proof;
}

}  // namespace cartella::proofs
