#include "cases/bootstrap.h"

#include <algorithm>
#include <array>

#include "base/local_time.h"
#include "cases/decide.h"
#include "cases/installation_call.h"
#include "crypto/leaf.h"
#include "schema/body.h"
#include "schema/schema_text.h"

namespace cartella::cases {

using schema::EventType;

namespace {

// Schemas are a few hundred bytes to a few KiB each; this keeps a call far below its limits.
constexpr std::size_t kSchemasPerCall = 64;

template <class Id>
Id named_id(std::string_view name) {
  Id id;
  std::copy_n(name.begin(), std::min(name.size(), id.bytes.size()), id.bytes.begin());
  return id;
}

Bytes genesis_body(const store::Store& store, const crypto::Signer& log_key,
                   const AmbitoParameters& ambito) {
  return schema::encode_body<schema::Genesis>([&](auto to) {
    to.setLogId(schema::data_of(store.log_id().bytes));
    to.setOrigin(schema::text_from(store.origin()));
    to.setLogKey(schema::data_of(log_key.public_key()));
    to.setFormat(capnp::Text::Reader(crypto::kFormat));
    to.setMode(schema::text_from(ambito.mode));
    to.setEventBytesMax(static_cast<std::uint32_t>(crypto::kEventBytesMax));
    to.setCallBytesMax(static_cast<std::uint32_t>(store::kCallBytesMax));
    to.setCallEventsMax(static_cast<std::uint32_t>(store::kCallEventsMax));
  });
}

// Bodies that are no event's first one: the header of all, and the reason beside an access.
constexpr std::array<std::pair<std::uint64_t, std::string_view>, 2> kOtherBodies = {
    {{capnp::typeId<schema::EventHeader>(), "EventHeader"},
     {capnp::typeId<schema::AccessReason>(), "AccessReason"}}};

Bytes other_schema_body(std::uint64_t schema_id, std::string_view name) {
  const std::string text = schema::schema_text(schema_id);
  const std::string named(name);
  return schema::encode_body<schema::SchemaRegistered>([&](auto to) {
    to.setName(schema::text_from(named));
    to.setSchemaId(schema_id);
    to.setRevision(schema::kHeaderRevision);
    to.setText(schema::text_from(text));
  });
}

Bytes schema_body(const schema::TypeInfo& info) {
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

Status write_schemas(const InstallationCalls& starter, const LogId& log) {
  Decision decision;
  for (const auto& [schema_id, name] : kOtherBodies)
    decision.events.push_back(clear_event(EventType::schema_registered, log_stream(log),
                                          other_schema_body(schema_id, name)));
  for (const schema::TypeInfo& info : schema::event_types()) {
    decision.events.push_back(
        clear_event(EventType::schema_registered, log_stream(log), schema_body(info)));
    if (decision.events.size() < kSchemasPerCall) continue;
    CARTELLA_TRY(starter.write(std::exchange(decision, {})));
  }
  return decision.events.empty() ? Status(ok()) : starter.write(decision);
}

Result<Decision> decide_ambito(const AmbitoParameters& ambito, const CommandContext& context,
                               const StreamId& stream, Date today) {
  State state;
  state.organisation = std::make_shared<const OrganisationState>();
  Environment environment;
  environment.today = today;
  environment.organisation_stream = stream;
  return decide(state, DefineAmbito{ambito.name, ambito.slug, ambito.region_istat, ambito.mode},
                context, environment);
}

}  // namespace

OperatorId installation_actor() { return named_id<OperatorId>("cartella-system"); }
ControllerId installation_controller() { return named_id<ControllerId>("cartella-ambito"); }

LogIdentity random_identity(const std::string& prefix) {
  LogIdentity identity;
  crypto::random_fill(identity.log.bytes);
  constexpr std::size_t kShownBytes = 8;
  identity.origin = prefix + to_hex(ByteView(identity.log.bytes).first(kShownBytes));
  return identity;
}

Result<LogIdentity> new_log_identity(const AmbitoParameters& ambito) {
  // The same rules as those of the event that will state it.
  CommandContext context;
  context.command_id = named_id<EventId>("check");
  context.actor = installation_actor();
  context.controller = installation_controller();
  CARTELLA_TRY(decide_ambito(ambito, context, {}, {}));
  return random_identity("cartella/" + ambito.slug + "/");
}

Status initialise(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                  const crypto::Signer& server, const Clock& clock,
                  const AmbitoParameters& ambito) {
  if (store.size() != 0) return fail(Errc::invalid_argument, "the log has begun already");
  const InstallationCalls starter(store, vault, server, clock);
  const LogId& log = store.log_id();
  const CommandContext context = starter.context();
  CARTELLA_TRY(const auto definition,
               decide_ambito(ambito, context, organisation_stream(log), local_day(clock.wall())));
  Decision genesis;
  genesis.events.push_back(
      clear_event(EventType::genesis, log_stream(log), genesis_body(store, log_key, ambito)));
  genesis.events.push_back(enrolment_of_server(store.eras(), server, server.id()));
  CARTELLA_TRY(starter.write(genesis));
  CARTELLA_TRY(write_schemas(starter, log));
  return starter.write(definition, context,
                       DefineAmbito{ambito.name, ambito.slug, ambito.region_istat, ambito.mode});
}

}  // namespace cartella::cases
