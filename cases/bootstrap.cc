#include "cases/bootstrap.h"

#include <algorithm>

#include "base/local_time.h"
#include "cases/decide.h"
#include "cases/installation_call.h"
#include "cases/registered_schemas.h"
#include "crypto/leaf.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::EventType;

namespace {

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

// The same rules as those of the event that will state it.
Status check_ambito(const AmbitoParameters& ambito) {
  CommandContext context;
  context.command_id = named_id<EventId>("check");
  context.actor = installation_actor();
  context.controller = installation_controller();
  CARTELLA_TRY(decide_ambito(ambito, context, {}, {}));
  return ok();
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
  CARTELLA_TRY(check_ambito(ambito));
  return random_identity("cartella/" + ambito.slug + "/");
}

Status begin_log(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                 const crypto::Signer& server, const Clock& clock, const AmbitoParameters& ambito) {
  if (store.size() != 0) return fail(Errc::invalid_argument, "the log has begun already");
  CARTELLA_TRY(check_ambito(ambito));  // a log that has begun comes to its end
  Decision genesis;
  genesis.events.push_back(clear_event(EventType::genesis, log_stream(store.log_id()),
                                       genesis_body(store, log_key, ambito)));
  genesis.events.push_back(enrolment_of_server(store.eras(), server, server.id()));
  return InstallationCalls(store, vault, server, clock).write(genesis);
}

Status define_ambito(store::Store& store, crypto::Vault& vault, const crypto::Signer& server,
                     const Clock& clock, const AmbitoParameters& ambito) {
  const InstallationCalls calls(store, vault, server, clock);
  const CommandContext context = calls.context();
  CARTELLA_TRY(
      const auto definition,
      decide_ambito(ambito, context, organisation_stream(store.log_id()), local_day(clock.wall())));
  return calls.write(definition, context,
                     DefineAmbito{ambito.name, ambito.slug, ambito.region_istat, ambito.mode});
}

Status initialise(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                  const crypto::Signer& server, const Clock& clock,
                  const AmbitoParameters& ambito) {
  CARTELLA_TRY(begin_log(store, vault, log_key, server, clock, ambito));
  CARTELLA_TRY(register_schemas(store, InstallationCalls(store, vault, server, clock)));
  return define_ambito(store, vault, server, clock, ambito);
}

}  // namespace cartella::cases
