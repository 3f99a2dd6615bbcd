#include "ops/attest.h"

#include <map>

#include "cases/state.h"
#include "crypto/hash.h"
#include "schema/body.h"

namespace cartella::ops {

namespace {

constexpr std::size_t kPageEvents = 64;

Hash32 mac_of(const crypto::Secret32& key, const LogId& log, const cases::AttestedView& view) {
  Bytes bytes;
  ByteWriter to(bytes);
  to.raw(as_bytes(std::string_view("cartella/attestation/1\0", 23)));
  to.raw(log.bytes);
  to.framed(as_bytes(view.view));
  to.u64(view.generation);
  to.u64(view.cursor);
  to.raw(view.root);
  to.u64(view.row_count);
  return crypto::hmac_sha256(key.view(), {bytes});
}

Result<cases::AttestedView> read_attestation(ByteView message) {
  cases::AttestedView view;
  CARTELLA_TRY(schema::with_body<schema::AttestationMade>(
      message, [&](schema::AttestationMade::Reader from) -> Status {
        view.view = schema::text_of(from.getView());
        view.generation = from.getGeneration();
        view.cursor = from.getCursor();
        view.row_count = from.getRowCount();
        if (from.getRoot().size() != view.root.size() || from.getMac().size() != view.mac.size())
          return fail(Errc::invalid_input, "an attestation has a root and a MAC of 32 bytes");
        std::copy(from.getRoot().begin(), from.getRoot().end(), view.root.begin());
        std::copy(from.getMac().begin(), from.getMac().end(), view.mac.begin());
        return ok();
      }));
  return view;
}

}  // namespace

Status attest_views(Workspace& workspace) {
  CARTELLA_TRY(const auto key, workspace.vault().named_secret("attestation"));
  CARTELLA_TRY(workspace.engine().catch_up());
  cases::AttestViews command;
  for (const auto& status : workspace.engine().statuses()) {
    if (status.faulted) continue;
    CARTELLA_TRY(const auto root, workspace.engine().view_root(status.name));
    cases::AttestedView view;
    view.view = status.name;
    view.generation = status.generation;
    view.cursor = root.cursor;
    view.root = root.root;
    view.row_count = root.row_count;
    view.mac = mac_of(key, workspace.store().log_id(), view);
    command.views.push_back(std::move(view));
  }
  if (command.views.empty()) return ok();
  CARTELLA_TRY(workspace.executor().execute(installation_context(workspace, "integrità"), command));
  return ok();
}

Result<std::vector<Attestation>> newest_attestations(Workspace& workspace) {
  std::optional<crypto::Secret32> key;  // asked for when needed: asking makes one
  const store::Store& log = workspace.store();
  const StreamId stream = cases::log_stream(log.log_id());
  std::map<std::string, Attestation> newest;
  std::uint64_t from = 0;
  std::uint64_t erased_at = 0;  // the position after the newest erasure
  for (;;) {
    CARTELLA_TRY(const auto page, log.read_stream(stream, from, kPageEvents));
    if (page.empty()) break;
    for (const crypto::StoredEvent& event : page) {
      if (event.leaf.kind == schema::LeafKind::erasure) erased_at = event.leaf.position + 1;
      if (event.leaf.kind != schema::LeafKind::attestation || event.body.segments.size() < 2)
        continue;
      const std::string at = " at position " + std::to_string(event.leaf.position);
      const auto opened = crypto::open_clear_segment(event.body.segments[1]);
      if (!opened) return fail(Errc::corrupt, "an attestation cannot be read" + at);
      const auto view = read_attestation(opened.value().plaintext.message);
      if (!view) return fail(Errc::corrupt, "an attestation cannot be read" + at);
      if (!key) {
        CARTELLA_TRY(key, workspace.vault().named_secret("attestation"));
      }
      if (mac_of(*key, log.log_id(), view.value()) != view.value().mac)
        return fail(Errc::corrupt, "an attestation was not made with the key of this archive" + at);
      newest[view.value().view] = {event.leaf.position, view.value()};
    }
    from = page.back().leaf.revision + 1;
  }
  std::vector<Attestation> all;
  all.reserve(newest.size());
  for (auto& [name, attestation] : newest)
    if (attestation.view.cursor >= erased_at) all.push_back(std::move(attestation));
  return all;
}

}  // namespace cartella::ops
