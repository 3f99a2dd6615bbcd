#include "cases/state.h"

#include "cases/decide.h"
#include "crypto/hash.h"

namespace cartella::cases {

namespace {

constexpr std::string_view kOperatorKeyPrefix = "operator/";

StreamId fixed_stream(std::string_view label, const LogId& log) {
  const Hash32 hash = crypto::sha256({as_bytes(label), ByteView(log.bytes)});
  return StreamId::from_view(hash);
}

}  // namespace

StreamId organisation_stream(const LogId& log) {
  return fixed_stream(std::string_view("cartella/organisation-stream/1\0", 31), log);
}
StreamId log_stream(const LogId& log) {
  return fixed_stream(std::string_view("cartella/log-stream/1\0", 22), log);
}
StreamId key_stream(const LogId& log) {
  return fixed_stream(std::string_view("cartella/key-stream/1\0", 22), log);
}

std::string operator_configuration_key(const OperatorId& worker) {
  return std::string(kOperatorKeyPrefix) + worker.hex();
}

std::string operator_configuration_value(const StreamId& stream, bool enabled) {
  return stream.hex() + (enabled ? " enabled" : " disabled");
}

std::string report_configuration_key(const StreamId& stream) {
  return std::string(kReportKeyPrefix) + stream.hex();
}

Hash32 identifier_digest(IdentifierKind kind, std::string_view value, std::string_view issuer) {
  Bytes bytes;
  ByteWriter to(bytes);
  to.framed(as_bytes(identifier_kind_name(kind)));
  to.framed(as_bytes(value));
  if (kind == IdentifierKind::internal) to.framed(as_bytes(normalise_identifier(issuer)));
  return crypto::sha256({bytes});
}

Hash32 protocol_digest(const UnitId& paying_ente, std::string_view protocol) {
  return crypto::sha256({paying_ente.view(), as_bytes(protocol)});
}

}  // namespace cartella::cases
