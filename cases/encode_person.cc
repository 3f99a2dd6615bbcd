#include "cases/encode.h"
#include "schema/body.h"

namespace cartella::cases {

namespace {

using schema::data_of;
using schema::date_value;
using schema::encode_body;
using schema::id_data;
using schema::text_from;

void fill(const IdentifierValue& from, schema::Identifier::Builder to) {
  to.setKind(static_cast<schema::IdentifierKind>(from.kind));
  to.setValue(text_from(from.value));
  to.setIssuer(text_from(from.issuer));
  to.setValidFrom(date_value(from.valid_from));
  to.setValidTo(date_value(from.valid_to));
  to.setVerified(from.verified);
}

void fill(const IdentityValue& from, schema::Identity::Builder to) {
  to.setSurname(text_from(from.surname));
  to.setName(text_from(from.name));
  to.setSex(text_from(from.sex));
  to.setBirthDate(date_value(from.birth_date));
  to.setDeathDate(date_value(from.death_date));
  to.setBirthPlace(text_from(from.birth_place));
  to.setCitizenship(text_from(from.citizenship));
  to.setCivilStatus(text_from(from.civil_status));
}

void fill(const AddressValue& from, schema::Address::Builder to) {
  to.setComune(text_from(from.comune));
  to.setStreet(text_from(from.street));
  to.setNumber(text_from(from.number));
  to.setDetail(text_from(from.detail));
  to.setHomeless(from.homeless);
  to.setMunicipalCode(text_from(from.municipal_code));
}

}  // namespace

Bytes encode(const RegisterPerson& command, const SubjectId& subject) {
  return encode_body<schema::PersonRegistered>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setAnonymous(command.anonymous);
    auto identifiers = to.initIdentifiers(static_cast<unsigned>(command.identifiers.size()));
    for (unsigned i = 0; i < identifiers.size(); ++i) fill(command.identifiers[i], identifiers[i]);
    fill(command.identity, to.initIdentity());
    to.setRegistryComune(text_from(command.registry_comune));
    to.setRegistryMatricola(text_from(command.registry_matricola));
  });
}

Bytes encode(const AddIdentifier& command, const SubjectId& subject) {
  return encode_body<schema::IdentifierAdded>([&](auto to) {
    to.setSubject(id_data(subject));
    fill(command.identifier, to.initIdentifier());
    if (command.replaces) fill(*command.replaces, to.initReplaces());
    to.setReason(text_from(command.reason));
  });
}

Bytes encode(const RecordIdentity& command, const SubjectId& subject) {
  return encode_body<schema::IdentityRecorded>([&](auto to) {
    to.setSubject(id_data(subject));
    fill(command.identity, to.initIdentity());
    to.setReason(text_from(command.reason));
  });
}

Bytes encode(const RecordResidence& command, const SubjectId& subject) {
  return encode_body<schema::ResidenceRecorded>([&](auto to) {
    to.setSubject(id_data(subject));
    fill(command.address, to.initAddress());
    to.setImmigratedFrom(text_from(command.immigrated_from));
    to.setEmigratedTo(text_from(command.emigrated_to));
    to.setLeft(command.left);
  });
}

Bytes encode(const RecordHousehold& command, const SubjectId& subject) {
  return encode_body<schema::HouseholdRecorded>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setHouseholdNumber(text_from(command.household_number));
    to.setRole(text_from(command.role));
  });
}

Bytes encode(const RecordKinship& command, const SubjectId& subject, const KeyId& other_key) {
  return encode_body<schema::KinshipRecorded>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setRole(text_from(command.role));
    to.setOtherKey(id_data(other_key));
    to.setEnded(command.ended);
  });
}

Bytes encode(const RecordContact& command, const SubjectId& subject) {
  return encode_body<schema::ContactRecorded>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setPhone(text_from(command.phone));
    to.setMobile(text_from(command.mobile));
    to.setEmail(text_from(command.email));
    to.setHolder(text_from(command.holder));
  });
}

Bytes encode(const RecordDeath& command, const SubjectId& subject) {
  return encode_body<schema::DeathRecorded>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setDeathDate(command.death_date.days);
  });
}

Bytes encode(const RecordRegistryVariation& command, const SubjectId& subject) {
  return encode_body<schema::RegistryVariation>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setKind(text_from(command.kind));
    to.setMatricola(text_from(command.matricola));
    to.setDigest(data_of(command.digest));
  });
}

}  // namespace cartella::cases
