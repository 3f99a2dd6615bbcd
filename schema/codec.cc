#include "schema/codec.h"

#include "schema/body.h"

namespace cartella::schema {

const std::uint64_t kHeaderSchemaId = capnp::typeId<EventHeader>();

namespace {

void fill_header(const HeaderView& header, EventHeader::Builder to) {
  to.setType(static_cast<std::uint16_t>(header.type));
  to.setBatchId(data_of(header.batch_id.view()));
  to.setController(id_data(header.controller));
  to.setOccurredAt(time_value(header.occurred_at));
  to.setValidFrom(date_value(header.valid_from));
  to.setValidTo(date_value(header.valid_to));
  to.setActor(id_data(header.actor));
  to.setOnBehalfOf(id_data(header.on_behalf_of));
  to.setRole(text_from(header.role));
  to.setUnit(id_data(header.unit));
  to.setPurpose(text_from(header.purpose));
  to.setLegalBasis(text_from(header.legal_basis));
  to.setLegalBasisConfirmed(header.legal_basis_confirmed);
  to.setSource(text_from(header.source));
  to.setCorrelation(id_data(header.correlation));
  to.setCausation(id_data(header.causation));
  if (header.command_digest) to.setCommandDigest(data_of(*header.command_digest));
  if (!header.external_refs.empty()) {
    auto refs = to.initExternalRefs(static_cast<unsigned>(header.external_refs.size()));
    for (unsigned i = 0; i < refs.size(); ++i) {
      refs[i].setSystem(text_from(header.external_refs[i].system));
      refs[i].setTable(text_from(header.external_refs[i].table));
      refs[i].setKey(text_from(header.external_refs[i].key));
    }
  }
  to.setSubject(id_data(header.subject));
  to.setAppVersion(text_from(header.app_version));
}

Status read_ids(EventHeader::Reader from, HeaderView& header) {
  CARTELLA_TRY(header.batch_id, id_from<BatchId>(from.getBatchId()));
  CARTELLA_TRY(header.controller, id_from<ControllerId>(from.getController()));
  CARTELLA_TRY(header.actor, id_from<OperatorId>(from.getActor()));
  CARTELLA_TRY(header.on_behalf_of, id_from<OperatorId>(from.getOnBehalfOf()));
  CARTELLA_TRY(header.unit, id_from<UnitId>(from.getUnit()));
  CARTELLA_TRY(header.correlation, id_from<EventId>(from.getCorrelation()));
  CARTELLA_TRY(header.causation, id_from<EventId>(from.getCausation()));
  CARTELLA_TRY(header.subject, id_from<SubjectId>(from.getSubject()));
  if (const auto digest = from.getCommandDigest(); digest.size() != 0) {
    if (digest.size() != 32) return fail(Errc::invalid_input, "a command digest is 32 bytes");
    header.command_digest.emplace();
    std::memcpy(header.command_digest->data(), digest.begin(), 32);
  }
  return ok();
}

Result<HeaderView> read_header(EventHeader::Reader from) {
  HeaderView header;
  header.type = static_cast<EventType>(from.getType());
  CARTELLA_TRY(read_ids(from, header));
  header.occurred_at = time_from(from.getOccurredAt());
  header.valid_from = date_from(from.getValidFrom());
  header.valid_to = date_from(from.getValidTo());
  header.role = text_of(from.getRole());
  header.purpose = text_of(from.getPurpose());
  header.legal_basis = text_of(from.getLegalBasis());
  header.legal_basis_confirmed = from.getLegalBasisConfirmed();
  header.source = text_of(from.getSource());
  for (const auto ref : from.getExternalRefs())
    header.external_refs.push_back(
        {text_of(ref.getSystem()), text_of(ref.getTable()), text_of(ref.getKey())});
  header.app_version = text_of(from.getAppVersion());
  return header;
}

}  // namespace

Bytes encode_header(const HeaderView& header) {
  return encode_body<EventHeader>([&](EventHeader::Builder to) { fill_header(header, to); });
}

Result<EventType> header_type(ByteView message) {
  return with_body<EventHeader>(message, [](EventHeader::Reader from) -> Result<EventType> {
    return static_cast<EventType>(from.getType());
  });
}

Result<HeaderView> decode_header(ByteView message) {
  return with_body<EventHeader>(message, read_header);
}

}  // namespace cartella::schema
