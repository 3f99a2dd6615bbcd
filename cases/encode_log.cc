#include "cases/encode.h"
#include "crypto/signer.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::data_of;
using schema::encode_body;
using schema::id_data;
using schema::text_from;

Bytes encode(const EnrolSigner& command, const SignerId& enrolled_by) {
  const SignerId signer = crypto::signer_id_of(command.public_key);
  return encode_body<schema::SignerEnrolled>([&](auto to) {
    to.setSigner(id_data(signer));
    to.setPublicKey(data_of(command.public_key));
    to.setAlgorithm(capnp::Text::Reader(crypto::kSignerAlgorithm));
    to.setOwner(id_data(command.owner));
    auto rights = to.initRights(static_cast<unsigned>(command.rights.size()));
    for (unsigned i = 0; i < command.rights.size(); ++i)
      rights.set(i, text_from(command.rights[i]));
    to.setProofOfPossession(data_of(command.proof));
    to.setEnrolledBy(id_data(enrolled_by));
  });
}

Bytes encode(const RevokeSigner& command, std::uint64_t from_position) {
  return encode_body<schema::SignerRevoked>([&](auto to) {
    to.setSigner(id_data(command.signer));
    to.setFromPosition(from_position);
    to.setReason(text_from(command.reason));
  });
}

Bytes encode(const AttestedView& view) {
  return encode_body<schema::AttestationMade>([&](auto to) {
    to.setView(text_from(view.view));
    to.setGeneration(view.generation);
    to.setCursor(view.cursor);
    to.setRoot(data_of(view.root));
    to.setRowCount(view.row_count);
    to.setMac(data_of(view.mac));
  });
}

Bytes encode(const ConfirmClock& command, const OperatorId& confirmed_by) {
  return encode_body<schema::ClockConfirmed>([&](auto to) {
    to.setWallTime(command.wall.us);
    to.setHeadTime(command.head.us);
    to.setOperator(id_data(confirmed_by));
  });
}

Bytes encode(const PublishReport& command) {
  return encode_body<schema::ReportPublished>([&](auto to) {
    to.setName(text_from(command.name));
    to.setQuery(text_from(command.query));
    to.setRules(command.rules);
    to.setPosition(command.position);
    to.setFigures(text_from(command.figures));
  });
}

// Nobody proposes it: the term decides.
Bytes encode(const EraseAccessMonth& command, const ControllerId& controller) {
  return encode_body<schema::ErasureDecided>([&](auto to) {
    to.setScope(capnp::Text::Reader("month"));
    to.setTarget(id_data(command.stream));
    to.setController(id_data(controller));
    to.setDecision(capnp::Text::Reader("erase"));
  });
}

Bytes encode(const CompleteErasure& command) {
  return encode_body<schema::ErasureCompleted>([&](auto to) {
    to.setDecision(id_data(command.decision));
    to.setStreams(command.streams);
    to.setEvents(command.events);
    to.setKeys(command.keys);
    to.setFinalAt(command.final_at.us);
    if (!command.certificate.empty()) to.setCertificate(schema::data_of(command.certificate));
    auto copies = to.initCopies(static_cast<unsigned>(command.copies.size()));
    for (unsigned i = 0; i < copies.size(); ++i) {
      const VaultCopy& copy = command.copies[i];
      copies[i].setId(id_data(copy.id));
      copies[i].setMadeAt(copy.made_at.us);
      copies[i].setExpiresAt(copy.expires_at.us);
    }
  });
}

}  // namespace cartella::cases
