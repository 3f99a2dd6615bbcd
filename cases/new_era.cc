#include "cases/new_era.h"

#include "cases/encode.h"
#include "cases/installation_call.h"
#include "cases/seal_call.h"
#include "crypto/command_id.h"
#include "crypto/leaf.h"
#include "crypto/segment.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

using schema::EventType;

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
          to.setLogId(schema::data_of(store.eras().current().bytes));
          to.setOrigin(schema::text_from(store.origin()));
          to.setLogKey(schema::data_of(log_key.public_key()));
          to.setFormat(capnp::Text::Reader(crypto::kFormat));
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

PlannedEvent revocation(const LogId& log, const SignerId& signer, std::uint64_t from) {
  return clear_event(EventType::signer_revoked, key_stream(log),
                     schema::encode_body<schema::SignerRevoked>([&](auto to) {
                       to.setSigner(schema::data_of(signer.view()));
                       to.setFromPosition(from);
                       to.setReason(capnp::Text::Reader("chiave sostituita prima della copia"));
                     }));
}

}  // namespace

LogIdentity new_era_identity(const std::string& origin) {
  return random_identity(origin.substr(0, origin.rfind('/') + 1));
}

Status write_new_era(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                     const crypto::Signer& server, const Clock& clock, const NewEra& era,
                     const std::optional<OperatorId>& clock_confirmed_by) {
  CARTELLA_TRY(auto message, era_body(store, log_key, era));
  Decision decision;
  decision.events.push_back(
      clear_event(EventType::genesis, log_stream(store.log_id()), std::move(message)));
  const auto known = store.find_signer(server.id());
  const bool is_known = known && !known->revoked_from;
  if (!is_known) {
    decision.events.push_back(enrolment_of_server(store.eras(), server, log_key.id()));
    for (const SignerId& lost : store.server_signers())
      decision.events.push_back(revocation(store.log_id(), lost, store.size()));
  }
  CARTELLA_TRY(const auto doubt, store.clock_doubt());
  const bool confirms = doubt && clock_confirmed_by;
  if (confirms) {
    const OperatorId who =
        clock_confirmed_by->is_zero() ? installation_actor() : *clock_confirmed_by;
    decision.events.push_back(clear_event(EventType::clock_confirmed, log_stream(store.log_id()),
                                          encode(ConfirmClock{doubt->wall, doubt->head}, who)));
  }
  const std::string app_version = "0.1.0";
  const Sealing sealing{store.eras().current(), vault, is_known ? server : log_key, app_version};
  CARTELLA_TRY(auto sealed, seal_call(sealing, decision, SetConfiguration{}, era_context(clock)));
  if (confirms) {
    CARTELLA_TRY(store.confirm_clock(std::move(sealed.call)));
  } else {
    CARTELLA_TRY(store.append(std::move(sealed.call)));
  }
  return store.publish();
}

}  // namespace cartella::cases
