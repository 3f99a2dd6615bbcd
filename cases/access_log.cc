#include "cases/access_log.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include <capnp/schema.h>

#include "base/mutex.h"
#include "cases/access_month.h"
#include "cases/bootstrap.h"
#include "crypto/command_id.h"
#include "crypto/hash.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

using schema::data_of;
using schema::id_data;
using schema::text_from;

// How long the stream of the month before serves after the new month's could not be made.
constexpr std::int64_t kRetryUs = 10'000'000;

constexpr std::string_view kResultLabel = "access/result";
constexpr std::string_view kTermsLabel = "access/terms";
constexpr std::string_view kResidentLabel = "access/resident";

struct Slot {
  ControllerId controller;
  bool administrative = false;
  auto operator<=>(const Slot&) const = default;
};

struct MonthStream {
  CivilMonth month;
  StreamId stream;
  KeyId key;
  std::int64_t retry_at_us = 0;  // monotonic; until then it serves beyond its month
};

struct Months {
  MonthSpan now;
  std::map<Slot, MonthStream> newest;
};

using MaybeHash = std::optional<Hash32>;

// Whose data, which is not the controller of the record where that one has left, and the
// organisation as it is while the look is under way.
struct Shown {
  ControllerId controller;
  std::shared_ptr<const OrganisationState> organisation;
};

// Only who holds the month's key can tell whether a guess was right.
MaybeHash keyed_digest(const crypto::Secret32& month, std::string_view label, ByteView value) {
  if (value.empty()) return std::nullopt;
  return crypto::hmac_sha256(crypto::derive(month, label, {}).view(), {value});
}

capnp::Data::Reader hash_data(const MaybeHash& hash) {
  return hash ? data_of(*hash) : capnp::Data::Reader{};
}

// An empty view may point nowhere, and the reader looks at the byte after the last.
capnp::Text::Reader word(std::string_view literal) {
  if (literal.empty()) return {""};
  return {literal.data(), literal.size()};
}

std::string_view relation_text(Relation relation) {
  return relation == Relation::none ? std::string_view("") : relation_word(relation);
}

// AT-02: the compulsory fields of privacy.md 5.1 that a caller could forget.
Status check_look(const Viewer& viewer, const Look& look) {
  if (look.request_id.is_zero() || look.controller.is_zero() || look.target.empty() ||
      look.purpose.empty() || viewer.client_id.empty() || viewer.auth_context.empty())
    return fail(Errc::invalid_argument, "a compulsory field of an access record is empty");
  if (look.subjects.size() > kLookPeopleMax)
    return fail(Errc::invalid_argument,
                "a look is at no more than " + std::to_string(kLookPeopleMax) + " people");
  const auto too_long = [](const std::string& text) { return text.size() > kLookTextBytesMax; };
  const std::array<std::reference_wrapper<const std::string>, 7> texts{
      look.target,      look.section, look.purpose,       look.released_to,
      viewer.client_id, viewer.ip,    viewer.auth_context};
  if (look.reason.size() > kLookReasonBytesMax || std::ranges::any_of(texts, too_long))
    return fail(Errc::invalid_argument, "a text of an access record is too long");
  return ok();
}

UnitId unit_of(const Viewer& viewer) {
  return viewer.acting_as.unit.is_zero() ? viewer.acting_as.ente : viewer.acting_as.unit;
}

// The subjects stand in the body: the header then takes the smallest step of padding.
crypto::Plaintext header_of(const Viewer& viewer, const Look& look, TimeUs now,
                            const BatchId& batch) {
  const schema::TypeInfo* type = schema::find_type(schema::EventType::access_recorded);
  schema::HeaderView header;
  header.type = type->type;
  header.batch_id = batch;
  header.controller = look.controller;
  header.occurred_at = now;
  header.actor = viewer.operator_id;
  header.on_behalf_of = look.on_behalf_of;
  header.role = role_word(viewer.acting_as.role);
  header.unit = unit_of(viewer);
  header.purpose = look.purpose;
  return {schema::kHeaderSchemaId, schema::kHeaderRevision, schema::encode_header(header)};
}

struct Digests {
  MaybeHash result;
  MaybeHash terms;
  MaybeHash resident;
};

crypto::Plaintext body_of(const Viewer& viewer, const Look& look, const Digests& digests,
                          std::span<const SubjectId> subjects) {
  const schema::TypeInfo* type = schema::find_type(schema::EventType::access_recorded);
  return {type->schema_id, type->revision,
          schema::encode_body<schema::AccessRecorded>([&](schema::AccessRecorded::Builder to) {
            to.setRequestId(id_data(look.request_id));
            to.setOperation(word(operation_word(look.operation)));
            to.setOutcome(word(outcome_word(look.outcome)));
            to.setActor(id_data(viewer.operator_id));
            to.setActorRole(word(role_word(viewer.acting_as.role)));
            to.setActorUnit(id_data(unit_of(viewer)));
            to.setOnBehalfOf(id_data(look.on_behalf_of));
            to.setClientId(text_from(viewer.client_id));
            to.setIp(text_from(viewer.ip));
            to.setAuthContext(text_from(viewer.auth_context));
            auto list = to.initSubjects(static_cast<unsigned>(subjects.size()));
            for (unsigned i = 0; i < list.size(); ++i) list.set(i, id_data(subjects[i]));
            to.setCaseId(id_data(look.case_stream));
            to.setTarget(text_from(look.target));
            to.setRelation(word(relation_text(look.relation)));
            to.setPurpose(text_from(look.purpose));
            to.setResultCount(look.result_count);
            to.setAsOf(look.as_of);
            to.setReleasedTo(text_from(look.released_to));
            to.setSeverity(word(severity_word(look.severity)));
            to.setPolicyVersion(kPolicyVersion);
            to.setTerms(hash_data(digests.terms));
            to.setSection(text_from(look.section));
            to.setRepeated(look.repeated);
            to.setRegistryPerson(hash_data(digests.resident));
          })};
}

crypto::Plaintext reason_of(const Look& look, const SubjectId& subject, const MaybeHash& result) {
  return {capnp::typeId<schema::AccessReason>(), 1,
          schema::encode_body<schema::AccessReason>([&](schema::AccessReason::Builder to) {
            to.setSubject(id_data(subject));
            to.setReason(text_from(look.reason));
            to.setResultDigest(hash_data(result));
          })};
}

}  // namespace

std::string_view operation_word(Operation operation) {
  switch (operation) {
    case Operation::view: return "VIEW";
    case Operation::list: return "LIST";
    case Operation::search: return "SEARCH";
    case Operation::append: return "APPEND";
    case Operation::correct: return "CORRECT";
    case Operation::erase: return "ERASE";
    case Operation::mask: return "MASK";
    case Operation::unmask: return "UNMASK";
    case Operation::print: return "PRINT";
    case Operation::download: return "DOWNLOAD";
    case Operation::export_: return "EXPORT";
    case Operation::disclose: return "DISCLOSE";
    case Operation::consult_external: return "CONSULT_EXTERNAL";
    case Operation::emergency: return "EMERGENCY";
    case Operation::replay: return "REPLAY";
    case Operation::dsar: return "DSAR";
    case Operation::grant: return "GRANT";
    case Operation::revoke: return "REVOKE";
    case Operation::login: return "LOGIN";
    case Operation::logout: return "LOGOUT";
    case Operation::failed: return "FAILED";
    case Operation::deny: return "DENY";
    case Operation::report: return "REPORT";
  }
  return "";
}

std::string_view outcome_word(LookOutcome outcome) {
  switch (outcome) {
    case LookOutcome::ok: return "ok";
    case LookOutcome::denied: return "denied";
    case LookOutcome::error: return "error";
    case LookOutcome::partial: return "partial";
  }
  return "";
}

std::string_view severity_word(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::notice: return "notice";
    case Severity::high: return "high";
  }
  return "";
}

struct AccessLog::Impl {
  Impl(store::Store& log_store, crypto::Vault& key_vault, Executor& command_executor,
       const Clock& wall_clock)
      : store(log_store), vault(key_vault), executor(command_executor), clock(wall_clock) {}

  Status load();
  Result<bool> is_erased(const Slot& slot, const StreamId& stream) const;
  Result<MonthStream> month_for(const Slot& slot, TimeUs now);
  Result<MonthStream> begin_month(const Slot& slot, TimeUs now);
  Result<StreamId> make_stream(const AccessMonthName& name, TimeUs now);
  std::optional<MonthStream> serving(const Slot& slot, TimeUs now);
  struct Prepared {
    store::Call call;
    UnderWay::Mark under_way;  // until the log has answered: an erasure waits for it
  };
  // What may block, month and keys, is done here.
  Result<Prepared> prepare(const Viewer& viewer, const Look& look);
  Result<Prepared> prepare_for(const Viewer& viewer, const Look& look, const ControllerId& shown);
  Result<store::Call> seal(const Viewer& viewer, const Look& look, const Shown& shown,
                           const MonthStream& month, TimeUs now);
  Result<crypto::EventPlan> plan_event(const Look& look, const Shown& shown,
                                       const MonthStream& month, crypto::Plaintext header,
                                       crypto::Plaintext body, std::span<const SubjectId> subjects,
                                       const MaybeHash& result);
  bool keeps_reason(const Shown& shown, const SubjectId& subject) const;

  store::Store& store;
  crypto::Vault& vault;
  Executor& executor;
  const Clock& clock;
  Mutex<Months> months;
  std::mutex beginning;  // held while a stream is made; guards `spare`
  StreamId spare;        // taken for a month that was refused
};

// ---- months -------------------------------------------------------------------------------------
Status AccessLog::Impl::load() {
  const auto organisation = executor.organisation();
  std::map<Slot, MonthStream> newest;
  // In the order of controllers, then months: the newest of each comes last.
  for (const auto& [name, stream] : organisation->access_months)
    if (!organisation->has_left(name.controller))
      newest[{name.controller, name.administrative}] = {name.month, stream, {}};
  for (auto at = newest.begin(); at != newest.end();) {
    auto& [slot, month] = *at;
    CARTELLA_TRY(const bool erased, is_erased(slot, month.stream));
    if (erased) {
      at = newest.erase(at);
      continue;
    }
    CARTELLA_TRY(month.key, vault.owner_key(month_key_name(month.stream, slot.controller)));
    ++at;
  }
  months.with([&](Months& all) { all.newest = std::move(newest); });
  return ok();
}

// It was used, and nobody has its key (cases/access_retention.h).
Result<bool> AccessLog::Impl::is_erased(const Slot& slot, const StreamId& stream) const {
  CARTELLA_TRY(const auto head, store.stream_head(stream));
  const crypto::OwnerKeyName name = month_key_name(stream, slot.controller);
  return head && vault.owner_keys_of(name.domain, name.owner, name.controller).empty();
}

// The newest stream, while its month lasts. A clock that went back does not reopen an older one.
std::optional<MonthStream> AccessLog::Impl::serving(const Slot& slot, TimeUs now) {
  return months.with([&](Months& all) -> std::optional<MonthStream> {
    if (!all.now.contains(now)) all.now = month_of(now);
    const auto at = all.newest.find(slot);
    if (at == all.newest.end()) return std::nullopt;
    const MonthStream& newest = at->second;
    if (newest.month < all.now.month && clock.monotonic_us() >= newest.retry_at_us)
      return std::nullopt;
    return newest;
  });
}

Result<MonthStream> AccessLog::Impl::month_for(const Slot& slot, TimeUs now) {
  if (const auto month = serving(slot, now)) return *month;
  return begin_month(slot, now);
}

Result<MonthStream> AccessLog::Impl::begin_month(const Slot& slot, TimeUs now) {
  const std::lock_guard lock(beginning);
  if (const auto month = serving(slot, now)) return *month;  // another thread was first
  const AccessMonthName name{slot.controller, slot.administrative, month_of(now).month};
  const auto stream = make_stream(name, now);
  if (!stream) {
    // Commands may be stopped where access records go on (amendment 9): the stream before serves.
    return months.with([&](Months& all) -> Result<MonthStream> {
      const auto at = all.newest.find(slot);
      if (at == all.newest.end()) return stream.error();
      at->second.retry_at_us = clock.monotonic_us() + kRetryUs;
      return at->second;
    });
  }
  MonthStream month{name.month, stream.value(), {}};
  CARTELLA_TRY(month.key, vault.owner_key(month_key_name(month.stream, slot.controller)));
  months.with([&](Months& all) { all.newest[slot] = month; });
  return month;
}

Result<StreamId> AccessLog::Impl::make_stream(const AccessMonthName& name, TimeUs now) {
  const auto known = executor.organisation();
  if (const auto at = known->access_months.find(name); at != known->access_months.end())
    return at->second;
  if (spare.is_zero()) {
    CARTELLA_TRY(spare, vault.new_stream());
  }
  CommandContext context;
  context.command_id = crypto::new_command_id(clock);
  context.actor = installation_actor();
  context.role = "installazione";
  context.controller = installation_controller();
  context.occurred_at = now;
  context.source = "installation";
  context.purpose = "registrazione degli accessi";
  const StreamId stream = std::exchange(spare, StreamId{});
  const auto made =
      executor.execute(context, SetConfiguration{access_month_key(name), stream.hex()});
  if (made) return stream;
  const Errc code = made.error().code;
  if (code == Errc::clock_suspect || code == Errc::out_of_space) spare = stream;
  return made.error();
}

// ---- sealing ------------------------------------------------------------------------------------
// What was built while somebody was visible may be recorded after their keys were destroyed: a
// reason would make a new one, which no erasure knows. Whoever is known there again has keys again.
bool AccessLog::Impl::keeps_reason(const Shown& shown, const SubjectId& subject) const {
  const OrganisationState& organisation = *shown.organisation;
  if (organisation.erasures.empty()) return true;
  if (organisation.has_left(shown.controller) ||
      organisation.is_erasing(shown.controller, subject, {}))
    return false;
  const crypto::OwnerKeyName name = reason_key_name(subject, shown.controller);
  if (!vault.owner_keys_of(name.domain, name.owner, name.controller).empty()) return true;
  using Erasure = OrganisationState::Erasure;
  return std::ranges::none_of(organisation.erasures, [&](const auto& each) {
    const Erasure& erasure = each.second;
    return erasure.standing == Erasure::Standing::completed && erasure.subject == subject &&
           erasure.controller == shown.controller;
  });
}

Result<crypto::EventPlan> AccessLog::Impl::plan_event(
    const Look& look, const Shown& shown, const MonthStream& month, crypto::Plaintext header,
    crypto::Plaintext body, std::span<const SubjectId> subjects, const MaybeHash& result) {
  using schema::KeyClass;
  crypto::EventPlan plan;
  plan.kind = schema::LeafKind::access;
  plan.stream_id = month.stream;
  plan.expected_revision = crypto::kExpectAny;
  plan.segments.reserve(2 + subjects.size());
  plan.segments.push_back({month.key, KeyClass::access, std::move(header)});
  plan.segments.push_back({month.key, KeyClass::access, std::move(body)});
  for (const SubjectId& subject : subjects) {
    if (!keeps_reason(shown, subject)) continue;
    CARTELLA_TRY(const auto key, vault.owner_key(reason_key_name(subject, look.controller)));
    plan.segments.push_back({key, KeyClass::access, reason_of(look, subject, result)});
  }
  return plan;
}

Result<store::Call> AccessLog::Impl::seal(const Viewer& viewer, const Look& look,
                                          const Shown& shown, const MonthStream& month,
                                          TimeUs now) {
  Digests digests;
  {
    CARTELLA_TRY(const auto secret, vault.segment_key(month.key, month.stream));
    digests.result = keyed_digest(secret, kResultLabel, look.result);
    digests.terms = keyed_digest(secret, kTermsLabel, as_bytes(look.search_terms));
    digests.resident = keyed_digest(secret, kResidentLabel, as_bytes(look.resident));
  }
  const EventId command = crypto::new_command_id(clock);
  const std::size_t people = look.subjects.size();
  const std::size_t events =
      std::max<std::size_t>(1, (people + kLookSubjectsMax - 1) / kLookSubjectsMax);
  std::vector<EventId> ids;
  for (std::uint32_t i = 0; i < events; ++i) ids.push_back(crypto::event_id_of(command, i));
  const crypto::Plaintext header = header_of(viewer, look, now, crypto::batch_id_of(ids));
  store::Call call;
  call.events.reserve(events);
  for (std::size_t i = 0; i < events; ++i) {
    const std::size_t first = i * kLookSubjectsMax;
    const auto subjects =
        std::span(look.subjects).subspan(first, std::min(kLookSubjectsMax, people - first));
    CARTELLA_TRY(auto plan,
                 plan_event(look, shown, month, header, body_of(viewer, look, digests, subjects),
                            subjects, digests.result));
    plan.event_id = ids[i];
    CARTELLA_TRY(auto event, crypto::seal_event(store.eras().current(), vault, nullptr, plan));
    call.events.push_back(std::move(event));
  }
  return call;
}

// ---- the class ----------------------------------------------------------------------------------
AccessLog::AccessLog(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
AccessLog::~AccessLog() = default;

Result<std::unique_ptr<AccessLog>> AccessLog::open(store::Store& store, crypto::Vault& vault,
                                                   Executor& executor, const Clock& clock) {
  auto impl = std::make_unique<Impl>(store, vault, executor, clock);
  CARTELLA_TRY(impl->load());
  return std::unique_ptr<AccessLog>(new AccessLog(std::move(impl)));
}

Result<AccessLog::Impl::Prepared> AccessLog::Impl::prepare(const Viewer& viewer, const Look& look) {
  if (!executor.organisation()->has_left(look.controller))
    return prepare_for(viewer, look, look.controller);
  // Whoever asks for what a controller that left had finds nothing: the ambito's record says so.
  Look of_ambito = look;
  of_ambito.controller = installation_controller();
  return prepare_for(viewer, of_ambito, look.controller);
}

Result<AccessLog::Impl::Prepared> AccessLog::Impl::prepare_for(const Viewer& viewer,
                                                               const Look& look,
                                                               const ControllerId& shown) {
  CARTELLA_TRY(check_look(viewer, look));
  const TimeUs now = clock.wall();
  CARTELLA_TRY(const auto month, month_for({look.controller, look.administrative}, now));
  CARTELLA_TRY(executor.remember_keys());
  auto under_way = executor.begin_look();
  CARTELLA_TRY(auto call, seal(viewer, look, {shown, executor.organisation()}, month, now));
  return Prepared{std::move(call), std::move(under_way)};
}

Result<store::Receipt> AccessLog::record(const Viewer& viewer, const Look& look) {
  CARTELLA_TRY(auto prepared, x_impl->prepare(viewer, look));
  return x_impl->store.append(std::move(prepared.call));
}

void AccessLog::record(const Viewer& viewer, const Look& look, store::Store::Done done) {
  auto prepared = x_impl->prepare(viewer, look);
  if (!prepared) return done(std::move(prepared).error());
  x_impl->store.append(std::move(prepared.value().call),
                       [under_way = std::move(prepared.value().under_way),
                        done = std::move(done)](Result<store::Receipt> receipt) mutable {
                         { const auto ended = std::move(under_way); }
                         done(std::move(receipt));
                       });
}

}  // namespace cartella::cases
