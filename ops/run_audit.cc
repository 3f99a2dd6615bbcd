#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <ostream>

#include "crypto/note.h"
#include "ops/bundle_words.h"
#include "ops/exit_code.h"
#include "ops/look.h"
#include "ops/pending_file.h"
#include "ops/run.h"
#include "projections/decoded_event.h"
#include "proofs/bundle_check.h"
#include "proofs/bundle_write.h"
#include "proofs/witness_policy.h"

namespace cartella::ops {

namespace {

constexpr std::size_t kWriteBytes = 1 << 20;

// Collects small pieces before they reach the file or the stream.
class BundleOutput {
 public:
  BundleOutput(PendingFile* file, std::ostream& out) : x_file(file), x_out(out) {}
  Status add(ByteView piece) {
    x_buffer.insert(x_buffer.end(), piece.begin(), piece.end());
    return x_buffer.size() < kWriteBytes ? Status(ok()) : flush();
  }
  Status finish() {
    CARTELLA_TRY(flush());
    if (x_file == nullptr) return ok();
    CARTELLA_TRY(x_file->write({}));
    return x_file->publish();
  }

 private:
  Status flush() {
    const Bytes piece = std::exchange(x_buffer, {});
    if (x_file != nullptr) return x_file->add(piece);
    x_out.write(reinterpret_cast<const char*>(piece.data()),
                static_cast<std::streamsize>(piece.size()));
    return x_out ? Status(ok()) : fail(Errc::io, "l'uscita non si scrive");
  }
  PendingFile* x_file;
  std::ostream& x_out;
  Bytes x_buffer;
};

// Empty for no file.
Result<std::string> read_small(const std::filesystem::path& file, std::size_t bytes_max) {
  if (file.empty()) return std::string();
  std::ifstream from(file, std::ios::binary);
  std::string text(bytes_max + 1, '\0');
  from.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(from.gcount()));
  if (text.empty() || text.size() > bytes_max)
    return fail(Errc::invalid_input,
                "il file " + file.filename().string() + " è vuoto o troppo lungo");
  return text;
}

Result<proofs::BundleTrust> read_trust(const Options& options) {
  proofs::BundleTrust trust;
  if (!options.vkey.empty()) {
    CARTELLA_TRY(trust.log_key, crypto::parse_verifier_key(options.vkey));
  }
  CARTELLA_TRY(const auto policy, read_small(options.witness_policy, proofs::kPolicyBytesMax));
  if (!policy.empty()) {
    CARTELLA_TRY(trust.anchors.policy, proofs::parse_witness_policy(policy));
  }
  trust.anchors.time_stamp_ca = options.time_stamp_ca.string();
  CARTELLA_TRY(const auto segment, read_small(options.segment, proofs::kSegmentFileBytesMax));
  if (!segment.empty()) {
    CARTELLA_TRY(trust.segment, proofs::decode_segment(segment));
  }
  return trust;
}

int print_refusal(const Options& options, const Console& console, const Error& error) {
  if (options.format == Format::json)
    console.out << "{\"valid\":false}\n";
  else
    console.out << "FASCICOLO NON VALIDO\n";
  console.err << "cartella: il fascicolo NON è valido (" << errc_name(error.code)
              << "): " << error.detail << "\n";
  return kExitCorrupt;
}

// Whose data the segment shows, by the header of its event.
Result<Showing> showing_of(Workspace& workspace, const crypto::StoredEvent& event,
                           std::uint64_t index) {
  CARTELLA_TRY(const auto decoded,
               projections::decode_event(workspace.store().eras(), workspace.vault(), event));
  Showing showing;
  showing.operation = cases::Operation::disclose;
  showing.target = fmt::format("segment/{}/{}", event.leaf.event_id.hex(), index);
  if (decoded.readable && !decoded.header.subject.is_zero())
    showing.seen = {{decoded.header.controller, decoded.header.subject}};
  return showing;
}

Result<proofs::DisclosedSegment> open_disclosed(Workspace& workspace,
                                                const crypto::StoredEvent& event,
                                                std::uint64_t index) {
  const Bytes& stored = event.body.segments[index];
  if (stored.empty()) return fail(Errc::erased, "il segmento è stato cancellato");
  CARTELLA_TRY(const auto head, crypto::segment_head(stored));
  proofs::DisclosedSegment segment;
  segment.position = event.leaf.position;
  segment.index = static_cast<std::uint16_t>(index);
  if (head.algorithm == 0) {
    CARTELLA_TRY(auto clear, crypto::open_clear_segment(stored));
    segment.plaintext = std::move(clear.plaintext);
    return segment;
  }
  CARTELLA_TRY(const auto key, workspace.vault().segment_key(head.owner_key, event.leaf.stream_id));
  const crypto::SegmentContext context{workspace.store().eras().at(event.leaf.position),
                                       event.leaf.event_id,
                                       event.leaf.stream_id,
                                       segment.index,
                                       head.owner_key,
                                       head.key_class};
  CARTELLA_TRY(auto preview, crypto::preview_segment(context, key, stored));
  if (preview.commitment != event.body.stubs[index].commitment)
    return fail(Errc::corrupt, "il segmento non è quello a cui la sua foglia si impegna");
  segment.key_class = preview.key_class;
  segment.owner_key = preview.owner_key;
  segment.salt = preview.salt;
  segment.plaintext = std::move(preview.plaintext);
  return segment;
}

}  // namespace

Result<int> run_audit_bundle(const Options& options, Console& console) {
  std::unique_ptr<PendingFile> file;
  if (!options.out.empty()) {
    CARTELLA_TRY(file, PendingFile::create(options.out));
  }
  WorkspaceOptions workspace_options;
  workspace_options.with_views = false;
  CARTELLA_TRY(auto workspace, open_workspace(options, console, workspace_options));
  CARTELLA_TRY(const auto anchors, proofs::AnchorFolder::open(workspace->dir()));
  proofs::BundleRequest request;
  request.from = options.from_position;
  request.to = options.to_position;
  request.anchors = &anchors;
  CARTELLA_TRY(request.policy, read_small(options.witness_policy, proofs::kPolicyBytesMax));
  if (!request.policy.empty()) {
    CARTELLA_TRY(proofs::parse_witness_policy(request.policy));
  }
  request.log_key =
      crypto::verifier_key(workspace->store().origin(), workspace->log_key().public_key());
  BundleOutput output(file.get(), console.out);
  CARTELLA_TRY(const auto written,
               proofs::write_bundle(workspace->store(), request,
                                    [&](ByteView piece) { return output.add(piece); }));
  CARTELLA_TRY(output.finish());
  console.err << fmt::format(
      "Fascicolo scritto: posizioni da {} a {}, {} checkpoint, {} byte; il registro ha {} eventi. "
      "Si controlla con cartella verify-bundle.\n",
      written.from, written.to - 1, written.checkpoints, written.bytes, written.size);
  return static_cast<int>(kExitOk);
}

// Needs no store and no secret key.
Result<int> run_verify_bundle(const Options& options, Console& console) {
  CARTELLA_TRY(const auto trust, read_trust(options));
  std::ifstream from(options.bundle, std::ios::binary);
  if (!from) return fail(Errc::io, "il fascicolo non si apre");
  const auto report = proofs::check_bundle(from, trust);
  if (from.bad()) return fail(Errc::io, "il fascicolo non si legge");
  if (!report && (report.error().code == Errc::not_found || report.error().code == Errc::io))
    return report.error();
  if (!report) return print_refusal(options, console, report.error());
  console.out << (options.format == Format::json ? bundle_json(report.value())
                                                 : bundle_words(report.value()));
  return static_cast<int>(kExitOk);
}

Result<int> run_disclose_segment(const Options& options, Console& console) {
  WorkspaceOptions workspace_options;
  workspace_options.with_executor = true;
  CARTELLA_TRY(auto workspace, open_workspace(options, console, workspace_options));
  if (options.segment_position >= workspace->store().size())
    return fail(Errc::not_found, "il registro non arriva a questa posizione");
  CARTELLA_TRY(const auto event, workspace->store().read(options.segment_position));
  if (options.segment_index >= event.body.segments.size())
    return fail(Errc::not_found, "l'evento non ha questo segmento");
  CARTELLA_TRY(const auto segment, open_disclosed(*workspace, event, options.segment_index));
  CARTELLA_TRY(const auto showing, showing_of(*workspace, event, options.segment_index));
  const std::string text = proofs::encode_segment(segment);
  CARTELLA_TRY(record_look(*workspace, options, console, showing, text));
  console.out << text;
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
