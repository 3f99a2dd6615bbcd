#include "api/prepared_json.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/base64_url.h"
#include "base/check.h"
#include "cases/json_text.h"
#include "store/store.h"

namespace cartella::api {

namespace {

namespace json = boost::json;

json::object segment_json(const crypto::SegmentPreview& segment) {
  // It came out of a segment, so it fits into one.
  const Bytes padded = crypto::padded_plaintext(segment.plaintext).value();
  return {{"owner", segment.owner_key.hex()},
          {"class", static_cast<int>(segment.key_class)},
          {"salt", to_base64(segment.salt)},
          {"plaintext", to_base64(padded)}};
}

json::object event_json(const cases::PreparedEvent& event) {
  json::array segments;
  for (const crypto::SegmentPreview& segment : event.segments)
    segments.push_back(segment_json(segment));
  return {{"event_id", event.event_id.hex()},
          {"stream", event.stream.hex()},
          {"kind", static_cast<int>(event.kind)},
          {"flags", event.flags},
          {"expected_revision", event.expected_revision},
          {"commitment", to_hex(event.body_commitment)},
          {"message", to_base64(event.message)},
          {"segments", std::move(segments)}};
}

Error bad_field(std::string_view name) {
  return fail(Errc::invalid_input, "bad_field: " + std::string(name));
}

}  // namespace

std::string prepared_json(const cases::Prepared& prepared) {
  CHECK(!prepared.done);
  json::array events;
  for (const cases::PreparedEvent& event : prepared.events) events.push_back(event_json(event));
  return json::serialize(json::object{{"token", to_base64_url(prepared.token)},
                                      {"expires_at", format_time(prepared.expires_at)},
                                      {"log_id", to_hex(prepared.log.bytes)},
                                      {"events", std::move(events)}});
}

Result<CommitRequest> read_commit(std::string_view body) {
  using cases::JsonValue;
  CARTELLA_TRY(const auto root, cases::parse_json(body));
  const JsonValue* token = root.find("token");
  const JsonValue* signatures = root.find("signatures");
  if (token == nullptr || token->kind != JsonValue::Kind::text) return bad_field("token");
  if (signatures == nullptr || signatures->kind != JsonValue::Kind::array ||
      signatures->items.empty() || signatures->items.size() > store::kCallEventsMax)
    return bad_field("signatures");
  if (root.names.size() != 2) return fail(Errc::invalid_input, "unknown_field");
  CommitRequest request;
  auto bytes = from_base64_url(token->text);
  if (!bytes) return bad_field("token");
  request.token = std::move(bytes).value();
  for (const JsonValue& item : signatures->items) {
    const auto raw = from_hex(item.text);
    crypto::Signature signature{};
    if (item.kind != JsonValue::Kind::text || !raw || raw.value().size() != signature.size())
      return bad_field("signatures");
    std::copy(raw.value().begin(), raw.value().end(), signature.begin());
    request.signatures.push_back(signature);
  }
  return request;
}

}  // namespace cartella::api
