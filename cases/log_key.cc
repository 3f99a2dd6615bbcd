#include "cases/log_key.h"

#include <algorithm>

#include "cases/installation_call.h"
#include "cases/state.h"
#include "crypto/leaf.h"
#include "crypto/segment.h"
#include "schema/body.h"

namespace cartella::cases {
namespace {

constexpr std::size_t kChunk = 256;

// At least one.
Result<std::vector<GenesisFacts>> all_of(const store::Store& store) {
  std::vector<GenesisFacts> all;
  const StreamId stream = log_stream(store.log_id());
  std::uint64_t from = 0;
  for (;;) {
    CARTELLA_TRY(const auto events, store.read_stream(stream, from, kChunk));
    for (const crypto::StoredEvent& event : events) {
      CARTELLA_TRY(auto facts, genesis_in(event));
      if (facts) all.push_back(*std::move(facts));
    }
    if (events.size() < kChunk) break;
    from += events.size();
  }
  if (all.empty()) return fail(Errc::corrupt, "the log has no genesis");
  return all;
}

}  // namespace

Result<std::optional<GenesisFacts>> genesis_in(const crypto::StoredEvent& event) {
  const std::uint64_t wanted = schema::find_type(schema::EventType::genesis)->schema_id;
  for (const Bytes& stored : event.body.segments) {
    const auto opened = crypto::open_clear_segment(stored);
    if (!opened || opened.value().plaintext.schema_id != wanted) continue;
    GenesisFacts facts;
    CARTELLA_TRY(schema::with_body<schema::Genesis>(
        opened.value().plaintext.message, [&](schema::Genesis::Reader from) -> Status {
          const auto key = from.getLogKey();
          if (key.size() != facts.log_key.size())
            return fail(Errc::invalid_input, "a genesis has a log key of 32 bytes");
          std::copy(key.begin(), key.end(), facts.log_key.begin());
          facts.mode = schema::text_of(from.getMode());
          return ok();
        }));
    return std::optional<GenesisFacts>(std::move(facts));
  }
  return std::optional<GenesisFacts>();
}

Result<GenesisFacts> last_genesis(const store::Store& store) {
  CARTELLA_TRY(auto all, all_of(store));
  return std::move(all.back());
}

Result<std::vector<crypto::PublicKey>> named_log_keys(const store::Store& store) {
  CARTELLA_TRY(const auto all, all_of(store));
  std::vector<crypto::PublicKey> keys;
  for (const GenesisFacts& each : all) keys.push_back(each.log_key);
  return keys;
}

Status name_log_key(store::Store& store, crypto::Vault& vault, Executor& executor,
                    const crypto::PublicKey& next, const Clock& clock) {
  CARTELLA_TRY(const auto now, last_genesis(store));
  CARTELLA_TRY(const auto checkpoint, store.signed_checkpoint());
  Bytes body = schema::encode_body<schema::Genesis>([&](auto to) {
    to.setLogId(schema::data_of(store.eras().current().bytes));
    to.setOrigin(schema::text_from(store.origin()));
    to.setLogKey(schema::data_of(next));
    to.setFormat(capnp::Text::Reader(crypto::kFormat));
    to.setMode(schema::text_from(now.mode));
    to.setEventBytesMax(static_cast<std::uint32_t>(crypto::kEventBytesMax));
    to.setCallBytesMax(static_cast<std::uint32_t>(store::kCallBytesMax));
    to.setCallEventsMax(static_cast<std::uint32_t>(store::kCallEventsMax));
    to.setPreviousOrigin(schema::text_from(store.origin()));
    to.setPreviousCheckpoint(schema::text_from(checkpoint));
    to.setReason(capnp::Text::Reader("rotazione della chiave del registro"));
  });
  const auto use = executor.server_signer().use();
  const InstallationCalls calls(store, vault, use.signer(), clock);
  Decision decision;
  decision.events.push_back(
      clear_event(schema::EventType::genesis, log_stream(store.log_id()), std::move(body)));
  return calls.write(decision);
}

}  // namespace cartella::cases
