#include "tests/unit/proofs/log_double.h"

#include <algorithm>
#include <sstream>

#include "crypto/cosignature.h"
#include "crypto/merkle.h"
#include "proofs/bundle_tree.h"
#include "proofs/bundle_write.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::proofs::testing {

namespace {

using schema::EventType;

constexpr std::int64_t kSecond = 1'000'000;
constexpr const char* kWitness = "testimone.example";
constexpr std::uint64_t kCosignedAt = 1'700'000'100;

const OperatorId kOwner = id_of<OperatorId>("double operator");

crypto::SegmentPlan header_of(EventType type, const KeyId& key) {
  schema::HeaderView view;
  view.type = type;
  view.actor = kOwner;
  view.role = "installazione";
  view.purpose = "prova";
  return {key,
          schema::KeyClass::base,
          {schema::kHeaderSchemaId, schema::kHeaderRevision, schema::encode_header(view)}};
}

crypto::EventPlan sealed_plan(const std::string& stream, std::int64_t expected,
                              schema::LeafKind kind = schema::LeafKind::event) {
  const EventType type =
      kind == schema::LeafKind::access ? EventType::access_recorded : EventType::note_recorded;
  const schema::TypeInfo* info = schema::find_type(type);
  crypto::EventPlan plan;
  plan.kind = kind;
  plan.stream_id = id_of<StreamId>(stream);
  plan.expected_revision = expected;
  plan.segments.push_back(header_of(type, id_of<KeyId>("controller")));
  plan.segments.push_back(
      {id_of<KeyId>("subject"),
       schema::KeyClass::base,
       {info->schema_id, info->revision, schema::encode_body<schema::NoteRecorded>([&](auto to) {
          to.setText(schema::text_from("nota di " + stream));
        })}});
  return plan;
}

void name_batch(const BatchId& batch, crypto::EventPlan& plan) {
  Bytes& message = plan.segments.front().plaintext.message;
  schema::HeaderView view = schema::decode_header(message).value();
  view.batch_id = batch;
  message = schema::encode_header(view);
}

}  // namespace

crypto::EventPlan clear_plan(EventType type, const std::string& stream, Bytes message,
                             std::int64_t expected) {
  const schema::TypeInfo* info = schema::find_type(type);
  crypto::EventPlan plan;
  plan.kind = info->kind;
  plan.stream_id = id_of<StreamId>(stream);
  plan.expected_revision = expected;
  plan.segments.push_back(header_of(type, KeyId{}));
  plan.segments.push_back(
      {KeyId{}, schema::KeyClass::base, {info->schema_id, info->revision, std::move(message)}});
  return plan;
}

Bytes genesis_message(const LogId& log, const std::string& origin, const crypto::PublicKey& key) {
  return schema::encode_body<schema::Genesis>([&](auto to) {
    to.setLogId(schema::data_of(log.bytes));
    to.setOrigin(schema::text_from(origin));
    to.setLogKey(schema::data_of(key));
    to.setFormat(crypto::kFormat);
    to.setMode("test");
  });
}

crypto::Signature possession(const LogId& log, const crypto::Signer& signer,
                             const OperatorId& owner) {
  return signer.sign(crypto::possession_message(log, signer.public_key(), owner));
}

Bytes enrolment_message(const crypto::Signer& signer, const OperatorId& owner,
                        const std::vector<std::string>& rights, const crypto::Signature& proof) {
  return schema::encode_body<schema::SignerEnrolled>([&](auto to) {
    to.setSigner(schema::id_data(signer.id()));
    to.setPublicKey(schema::data_of(signer.public_key()));
    to.setOwner(schema::id_data(owner));
    auto list = to.initRights(static_cast<unsigned>(rights.size()));
    for (unsigned i = 0; i < rights.size(); ++i) list.set(i, schema::text_from(rights[i]));
    to.setAlgorithm(crypto::kSignerAlgorithm);
    to.setProofOfPossession(schema::data_of(proof));
  });
}

Bytes revocation_message(const SignerId& signer, std::uint64_t from_position) {
  return schema::encode_body<schema::SignerRevoked>([&](auto to) {
    to.setSigner(schema::id_data(signer));
    to.setFromPosition(from_position);
  });
}

Bytes configuration_message(const std::string& key, const std::string& value) {
  return schema::encode_body<schema::ConfigurationSet>([&](auto to) {
    to.setKey(schema::text_from(key));
    to.setValue(schema::text_from(value));
  });
}

LogDouble::LogDouble(Lies lies, const std::string& keys)
    : log_key(secret_of(keys + " log")),
      server(secret_of(keys + " server")),
      author(secret_of(keys + " author")),
      witness(secret_of("double witness")),
      x_lies(std::move(lies)) {
  tell();
}

void LogDouble::tell() {
  call("genesis",
       {clear_plan(EventType::genesis, "log", genesis_message(log, origin, log_key.public_key()),
                   crypto::kExpectNone),
        clear_plan(
            EventType::signer_enrolled, "keys",
            enrolment_message(server, kOwner, {"server", "enrol"}, possession(log, server, kOwner)),
            crypto::kExpectNone)});
  call("author",
       {clear_plan(EventType::signer_enrolled, "keys",
                   enrolment_message(author, kOwner, {"append"}, possession(log, author, kOwner)),
                   0)});
  call("case", {sealed_plan("case", crypto::kExpectNone), sealed_plan("note", crypto::kExpectNone)},
       &author);
  call("look", {sealed_plan("month", crypto::kExpectAny, schema::LeafKind::access)});
  call("setting",
       {clear_plan(EventType::configuration_set, "log",
                   configuration_message("terms.access_months", "24"), crypto::kExpectExists)});
  call("third", {sealed_plan("case", 0)}, &author);
  call("revocation",
       {clear_plan(EventType::signer_revoked, "keys", revocation_message(author.id(), 8), 1)});
  call("last", {sealed_plan("case", 1)});
}

void LogDouble::sign(crypto::StoredEvent& event, const crypto::Signer& signer,
                     std::uint16_t flags) const {
  event.leaf.flags = flags;
  event.leaf.signer_id = signer.id();
  event.leaf.signature = signer.sign(crypto::signed_message(log, event.leaf));
}

void LogDouble::call(const std::string& name, std::vector<crypto::EventPlan> plans,
                     const crypto::Signer* by) {
  const auto command = id_of<EventId>("command " + name);
  x_time_us += kSecond;
  std::vector<EventId> ids;
  for (std::uint32_t i = 0; i < plans.size(); ++i) ids.push_back(crypto::event_id_of(command, i));
  for (std::uint32_t i = 0; i < plans.size(); ++i) {
    crypto::EventPlan& plan = plans[i];
    plan.event_id = ids[i];
    name_batch(crypto::batch_id_of(ids), plan);
    if (x_lies.plan) x_lies.plan(size(), plan);
    auto event = crypto::seal_event(log, x_keys, &server, plan).value();
    if (by != nullptr) sign(event, *by, crypto::kAuthorSigned);
    event.leaf.position = size();
    event.leaf.recorded_at.us = x_time_us;
    const auto before = std::find_if(events.rbegin(), events.rend(), [&](const auto& each) {
      return each.leaf.stream_id == plan.stream_id;
    });
    if (before != events.rend()) {
      event.leaf.revision = before->leaf.revision + 1;
      event.leaf.previous_leaf_hash = hashes[before->leaf.position];
    }
    if (x_lies.event) x_lies.event(event);
    hashes.push_back(crypto::leaf_hash(crypto::encode_leaf(event.leaf)));
    leaves.append(hashes.back());
    events.push_back(std::move(event));
  }
  ends.push_back(size());
}

Hash32 LogDouble::root_at(std::uint64_t size) const {
  return crypto::root_at(size, leaves.reader()).value();
}

std::string LogDouble::checkpoint(std::uint64_t size, bool is_cosigned) const {
  const std::string note = crypto::sign_checkpoint({origin, size, root_at(size)}, log_key);
  if (!is_cosigned) return note;
  return note + crypto::cosign(note, kWitness, witness, kCosignedAt).value();
}

std::string LogDouble::policy() const {
  return "witness " + crypto::cosigner_key({kWitness, witness.public_key()}) +
         " https://testimone.example independent Ambito vicino\n";
}

crypto::TlogProof LogDouble::prove(std::uint64_t position) const {
  return {position, crypto::inclusion_proof(position, size(), leaves.reader()).value(),
          checkpoint(size())};
}

std::vector<Frame> LogDouble::frames(std::uint64_t from, std::uint64_t to,
                                     const std::vector<std::uint64_t>& checkpoints,
                                     KeysBehind behind) const {
  std::vector<Frame> made;
  const auto add = [&](FrameType type, Bytes content) {
    made.push_back({type, std::move(content)});
  };
  std::uint64_t at = 0;
  const auto lead = [&](std::uint64_t target) {
    if (at == target) return;
    BundleNodes nodes{target, {}};
    for (const Subtree& subtree : cover(at, target))
      nodes.hashes.push_back(leaves.reader()(subtree.level, subtree.index).value());
    add(FrameType::nodes, encode_nodes(nodes));
    at = target;
  };
  add(FrameType::header, encode_header({log_key_text(), from, to, size()}));
  const std::string text = policy();
  const ByteView bytes = as_bytes(text);
  add(FrameType::policy, Bytes(bytes.begin(), bytes.end()));
  add(FrameType::checkpoint, encode_checkpoint({checkpoint(size()), {}}));
  const auto add_outside = [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i)
      if (events[i].leaf.kind == schema::LeafKind::key ||
          events[i].leaf.kind == schema::LeafKind::schema)
        add(FrameType::outside,
            encode_outside({bundle_event(events[i]),
                            crypto::inclusion_proof(i, size(), leaves.reader()).value()}));
  };
  add_outside(0, from);
  lead(from);
  for (; at < to; ++at) {
    if (std::ranges::find(checkpoints, at) != checkpoints.end() && at > from)
      add(FrameType::checkpoint, encode_checkpoint({checkpoint(at), {}}));
    add(FrameType::event, encode_event(bundle_event(events[at])));
  }
  if (to < size() && std::ranges::find(checkpoints, to) != checkpoints.end())
    add(FrameType::checkpoint, encode_checkpoint({checkpoint(to), {}}));
  if (behind == KeysBehind::carried) add_outside(to, size());
  for (const std::uint64_t size_behind : checkpoints) {
    if (size_behind <= to || size_behind >= size()) continue;
    lead(size_behind);
    add(FrameType::checkpoint, encode_checkpoint({checkpoint(size_behind), {}}));
  }
  lead(size());
  return made;
}

std::string assemble(const std::vector<Frame>& frames) {
  std::string file;
  FrameWriter writer([&](ByteView piece) -> Status {
    file.append(as_text(piece));
    return ok();
  });
  bool is_written = writer.begin().has_value();
  for (const Frame& frame : frames)
    is_written = is_written && writer.frame(frame.type, frame.content).has_value();
  is_written = is_written && writer.end().has_value();
  return is_written ? file : std::string();
}

}  // namespace cartella::proofs::testing
