#include "cases/installation_call.h"

#include "cases/bootstrap.h"
#include "cases/seal_call.h"
#include "crypto/command_id.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::EventType;

PlannedEvent clear_event(EventType type, const StreamId& stream, Bytes message) {
  const schema::TypeInfo* info = schema::find_type(type);
  PlannedBody body;
  body.plaintext = {info->schema_id, info->revision, std::move(message)};
  PlannedEvent event{type, stream, crypto::kExpectAny, {}};
  event.bodies.push_back(std::move(body));
  return event;
}

PlannedEvent enrolment_of_server(const crypto::LogEras& eras, const crypto::Signer& server,
                                 const SignerId& enrolled_by) {
  const crypto::Signature proof = server.sign(
      crypto::possession_message(eras.current(), server.public_key(), installation_actor()));
  Bytes body = schema::encode_body<schema::SignerEnrolled>([&](auto to) {
    to.setSigner(schema::data_of(server.id().view()));
    to.setPublicKey(schema::data_of(server.public_key()));
    to.setAlgorithm(capnp::Text::Reader(crypto::kSignerAlgorithm));
    to.setOwner(schema::data_of(installation_actor().view()));
    auto rights = to.initRights(2);
    rights.set(0, "server");
    rights.set(1, "enrol");
    to.setProofOfPossession(schema::data_of(proof));
    to.setEnrolledBy(schema::data_of(enrolled_by.view()));
  });
  return clear_event(EventType::signer_enrolled, key_stream(eras.first()), std::move(body));
}

CommandContext InstallationCalls::context() const {
  CommandContext context;
  context.command_id = crypto::new_command_id(x_clock);
  context.actor = installation_actor();
  context.role = "installazione";
  context.controller = installation_controller();
  context.occurred_at = x_clock.wall();
  context.source = "installation";
  context.legal_basis = "configurazione";
  context.purpose = "configurazione";
  return context;
}

Status InstallationCalls::write(const Decision& decision, const CommandContext& context,
                                const Command& command) const {
  const std::string app_version = "0.1.0";
  const Sealing sealing{x_store.eras().current(), x_vault, x_server, app_version};
  CARTELLA_TRY(auto sealed, seal_call(sealing, decision, command, context));
  CARTELLA_TRY(x_store.append(std::move(sealed.call)));
  return ok();
}

Status InstallationCalls::write(const Decision& decision) const {
  return write(decision, context(), SetConfiguration{});
}

}  // namespace cartella::cases
