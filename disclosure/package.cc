#include "disclosure/package.h"

#include <zip.h>

#include <boost/json.hpp>
#include <memory>

#include <fmt/format.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "crypto/note.h"
#include "disclosure/report_data.h"
#include "disclosure/report_html.h"
#include "disclosure/verifier_page.h"

namespace cartella::disclosure {

namespace {

// 1 January 1980, 00:00: the first moment that a ZIP can name.
constexpr zip_uint16_t kDosDate = (1u << 5) | 1u;
constexpr zip_uint16_t kDosTime = 0;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

struct DiscardZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, DiscardZip>;
using Source = std::unique_ptr<zip_source_t, FreeSource>;

Error zip_failed() { return fail(Errc::io, "il pacchetto ZIP non si compone"); }

Status add_file(zip_t* archive, const std::string& name, const Bytes& content) {
  // The content outlives the archive, which reads it when it closes.
  zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
  if (source == nullptr) return zip_failed();
  const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return zip_failed();
  }
  const auto at = static_cast<zip_uint64_t>(index);
  if (zip_file_set_dostime(archive, at, kDosTime, kDosDate, 0) != 0 ||
      zip_file_set_external_attributes(archive, at, 0, ZIP_OPSYS_UNIX, 0100600u << 16) != 0)
    return zip_failed();
  return ok();
}

Result<Bytes> read_source(zip_source_t* source) {
  if (zip_source_open(source) != 0) return zip_failed();
  Bytes all;
  std::array<std::uint8_t, 64 * 1024> piece;
  zip_int64_t got = 0;
  while ((got = zip_source_read(source, piece.data(), piece.size())) > 0)
    all.insert(all.end(), piece.begin(), piece.begin() + got);
  (void)zip_source_close(source);
  if (got < 0) return zip_failed();
  return all;
}

Status add_proofs(PackageFiles& files, boost::json::array& events, const Report& report,
                  const store::Store& store) {
  std::size_t count = 0;
  for (const std::uint64_t position : report.events) {
    const bool is_request = position == report.request_event;
    if (count == kPackageProofsMax && !is_request) continue;
    if (!is_request) ++count;
    CARTELLA_TRY(const auto proof, store.prove(position));
    CARTELLA_TRY(const auto event, store.read(position));
    const std::string name = is_request ? std::string("proofs/request.tlog-proof")
                                        : fmt::format("proofs/{}.tlog-proof", position);
    files[name] = bytes_of(crypto::encode_proof(proof));
    events.push_back(boost::json::object{{"posizione", position},
                                         {"evento", event.leaf.event_id.hex()},
                                         {"foglia", to_hex(crypto::encode_leaf(event.leaf))},
                                         {"prova", name}});
  }
  return ok();
}

std::string manifest_json(const Report& report, const PackageFiles& files,
                          boost::json::array events, const std::string& checkpoint,
                          const crypto::PublicKey& log_key) {
  boost::json::object digests;
  for (const auto& [name, content] : files) digests[name] = to_hex(crypto::sha256(content));
  const std::size_t proven = events.size();
  const boost::json::object manifest = {
      {"stato", kDraftMark},
      {"formato", "cartella-dsar/1"},
      {"richiesta", report.id},
      {"titolare", report.controller},
      {"registro", report.log_origin},
      {"chiave_del_registro", crypto::verifier_key(report.log_origin, log_key)},
      {"posizione", report.position},
      {"istante", format_time(report.as_of)},
      {"punto_di_controllo", checkpoint},
      {"eventi_citati", report.events.size()},
      {"eventi_provati", proven},
      {"eventi", std::move(events)},
      {"sha256", std::move(digests)}};
  return boost::json::serialize(manifest) + "\n";
}

}  // namespace

Result<PackageFiles> package_files(const Report& report, const store::Store& store,
                                   const crypto::PublicKey& log_key, const PdfOptions& pdf) {
  PackageFiles files;
  const std::string html = report_html(report);
  files["index.html"] = bytes_of(html);
  CARTELLA_TRY(files["report.pdf"], make_pdf(html, pdf));
  for (const Section& section : report.sections) {
    const std::string name = fmt::format("data/{:02}-{}", section.number, section.code);
    files[name + ".json"] = bytes_of(section_json(section));
    files[name + ".csv"] = bytes_of(section_csv(section));
    if (section.code == "accessi") files["accesses.csv"] = bytes_of(section_csv(section));
  }
  files["redactions.json"] = bytes_of(left_out_json(report));
  if (!verifier_page().empty()) files["verifica.html"] = bytes_of(verifier_page());
  boost::json::array events;
  CARTELLA_TRY(add_proofs(files, events, report, store));
  CARTELLA_TRY(const auto checkpoint, store.signed_checkpoint());
  files["proofs/checkpoint.txt"] = bytes_of(checkpoint);
  files["manifest.json"] =
      bytes_of(manifest_json(report, files, std::move(events), checkpoint, log_key));
  return files;
}

Result<Bytes> zip_files(const PackageFiles& files) {
  zip_error_t error;
  zip_error_init(&error);
  Source source(zip_source_buffer_create(nullptr, 0, 0, &error));
  if (!source) return zip_failed();
  Archive archive(zip_open_from_source(source.get(), ZIP_CREATE | ZIP_TRUNCATE, &error));
  if (!archive) return zip_failed();
  zip_source_keep(source.get());
  for (const auto& [name, content] : files) {
    CARTELLA_TRY(add_file(archive.get(), name, content));
  }
  if (zip_close(archive.get()) != 0) return zip_failed();
  (void)archive.release();
  return read_source(source.get());
}

}  // namespace cartella::disclosure
