#include "cases/registered_schemas.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "cases/state.h"
#include "crypto/segment.h"
#include "schema/body.h"
#include "schema/schema_text.h"

namespace cartella::cases {

using schema::EventType;

namespace {

// Schemas are a few hundred bytes to a few KiB each; this keeps a call far below its limits.
constexpr std::size_t kSchemasPerCall = 64;
constexpr std::size_t kPageEvents = 256;

struct Registration {
  std::string_view name;
  Bytes body;
};

// Bodies that are no event's first one: the header of all, and the reason beside an access.
constexpr std::array<std::pair<std::uint64_t, std::string_view>, 2> kOtherBodies = {
    {{capnp::typeId<schema::EventHeader>(), "EventHeader"},
     {capnp::typeId<schema::AccessReason>(), "AccessReason"}}};

Bytes other_body(std::uint64_t schema_id, std::string_view name) {
  const std::string text = schema::schema_text(schema_id);
  const std::string named(name);
  return schema::encode_body<schema::SchemaRegistered>([&](auto to) {
    to.setName(schema::text_from(named));
    to.setSchemaId(schema_id);
    to.setRevision(schema::kHeaderRevision);
    to.setText(schema::text_from(text));
  });
}

Bytes type_body(const schema::TypeInfo& info) {
  const std::string text = schema::schema_text(info.schema_id);
  return schema::encode_body<schema::SchemaRegistered>([&](auto to) {
    to.setType(static_cast<std::uint16_t>(info.type));
    to.setName(schema::text_from(std::string(info.name)));
    to.setSchemaId(info.schema_id);
    to.setRevision(info.revision);
    to.setRetentionCategory(schema::text_from(std::string(info.retention_category)));
    to.setTermStart(schema::text_from(std::string(info.term_start)));
    to.setText(schema::text_from(text));
  });
}

std::vector<Registration> of_this_program() {
  std::vector<Registration> all;
  for (const auto& [schema_id, name] : kOtherBodies)
    all.push_back({name, other_body(schema_id, name)});
  for (const schema::TypeInfo& info : schema::event_types())
    all.push_back({info.name, type_body(info)});
  return all;
}

// Bodies have one encoding, so equal bytes say equal things.
Result<std::set<Bytes>> known_to(const store::Store& store) {
  const std::uint64_t wanted = schema::find_type(EventType::schema_registered)->schema_id;
  std::set<Bytes> known;
  for (std::uint64_t from = 0;;) {
    CARTELLA_TRY(const auto page, store.read_stream(log_stream(store.log_id()), from, kPageEvents));
    for (const crypto::StoredEvent& event : page) {
      if (event.leaf.kind != schema::LeafKind::schema) continue;
      for (const Bytes& stored : event.body.segments) {
        auto opened = crypto::open_clear_segment(stored);
        if (opened && opened.value().plaintext.schema_id == wanted)
          known.insert(std::move(opened.value().plaintext.message));
      }
    }
    if (page.size() < kPageEvents) return known;
    from += page.size();
  }
}

Result<std::vector<Registration>> missing_from(const store::Store& store) {
  CARTELLA_TRY(const auto known, known_to(store));
  std::vector<Registration> missing = of_this_program();
  missing.erase(std::remove_if(missing.begin(), missing.end(),
                               [&](const Registration& one) { return known.contains(one.body); }),
                missing.end());
  return missing;
}

}  // namespace

Status check_schemas(const store::Store& store) {
  CARTELLA_TRY(const auto missing, missing_from(store));
  if (missing.empty()) return ok();
  return fail(Errc::unsupported,
              "the log has no schema of " + std::string(missing.front().name) + " as it is now");
}

Result<std::size_t> register_schemas(const store::Store& store, const InstallationCalls& calls) {
  CARTELLA_TRY(auto missing, missing_from(store));
  Decision decision;
  for (Registration& one : missing) {
    decision.events.push_back(
        clear_event(EventType::schema_registered, log_stream(store.log_id()), std::move(one.body)));
    if (decision.events.size() < kSchemasPerCall) continue;
    CARTELLA_TRY(calls.write(std::exchange(decision, {})));
  }
  if (!decision.events.empty()) {
    CARTELLA_TRY(calls.write(decision));
  }
  return missing.size();
}

}  // namespace cartella::cases
