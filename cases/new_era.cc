#include "cases/new_era.h"

#include "cases/bootstrap.h"
#include "cases/seal_call.h"
#include "crypto/command_id.h"
#include "crypto/segment.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

using schema::EventType;

constexpr std::size_t kShownBytes = 8;  // of the random id in an origin

CommandContext era_context(const Clock& clock) {
  CommandContext context;
  context.command_id = crypto::new_command_id(clock);
  context.actor = installation_actor();
  context.role = "installazione";
  context.controller = installation_controller();
  context.occurred_at = clock.wall();
  context.source = "installation";
  context.legal_basis = "integrità";
  context.purpose = "integrità";
  return context;
}

// The first genesis with what the new era changes: limits and mode stay.
Result<Bytes> era_body(const store::Store& store, const crypto::Signer& log_key,
                       const NewEra& era) {
  CARTELLA_TRY(const auto first, store.read(0));
  if (first.body.segments.size() < 2) return fail(Errc::corrupt, "position 0 is no genesis");
  CARTELLA_TRY(const auto body, crypto::open_clear_segment(first.body.segments[1]));
  return schema::with_body<schema::Genesis>(
      body.plaintext.message, [&](schema::Genesis::Reader from) -> Result<Bytes> {
        return schema::encode_body<schema::Genesis>([&](auto to) {
          to.setLogId(schema::data_of(store.log_id().bytes));
          to.setOrigin(schema::text_from(store.origin()));
          to.setLogKey(schema::data_of(log_key.public_key()));
          to.setFormat(from.getFormat());
          to.setMode(from.getMode());
          to.setEventBytesMax(from.getEventBytesMax());
          to.setCallBytesMax(from.getCallBytesMax());
          to.setCallEventsMax(from.getCallEventsMax());
          to.setPreviousOrigin(schema::text_from(era.previous_origin));
          to.setPreviousCheckpoint(schema::text_from(era.previous_checkpoint));
          to.setReason(schema::text_from(era.reason));
        });
      });
}

}  // namespace

std::string new_era_origin(const std::string& origin) {
  std::array<std::uint8_t, kShownBytes> id{};
  crypto::random_fill(id);
  return origin.substr(0, origin.rfind('/') + 1) + to_hex(id);
}

Status write_new_era(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                     const crypto::Signer& server, const Clock& clock, const NewEra& era) {
  CARTELLA_TRY(auto message, era_body(store, log_key, era));
  const schema::TypeInfo* info = schema::find_type(EventType::genesis);
  PlannedBody body;
  body.plaintext = {info->schema_id, info->revision, std::move(message)};
  PlannedEvent event{EventType::genesis, log_stream(store.log_id()), crypto::kExpectAny, {}};
  event.bodies.push_back(std::move(body));
  Decision decision;
  decision.events.push_back(std::move(event));
  const std::string app_version = "0.1.0";
  const Sealing sealing{store.log_id(), vault, server, app_version};
  CARTELLA_TRY(auto sealed, seal_call(sealing, decision, SetConfiguration{}, era_context(clock)));
  CARTELLA_TRY(store.append(std::move(sealed.call)));
  return store.publish();
}

}  // namespace cartella::cases
