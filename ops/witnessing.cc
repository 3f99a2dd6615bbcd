#include "ops/witnessing.h"

#include <algorithm>

#include "cases/log_key.h"
#include "crypto/merkle.h"
#include "keeping/rollback.h"
#include "store/file_io.h"
#include "store/log_meta.h"

namespace cartella::ops {

namespace {

// A directory that changed its key before log.meta remembered it: the events name it, too.
Result<store::LogMeta> meta_with_named_keys(Workspace& workspace) {
  CARTELLA_TRY(auto meta, store::read_meta(workspace.dir()));
  CARTELLA_TRY(const auto named, cases::named_log_keys(workspace.store()));
  const std::string origin = meta.past.empty() ? meta.origin : meta.past.front().origin;
  for (const crypto::PublicKey& key : named)
    if (key != meta.key &&
        std::ranges::find(meta.past, key, &store::PastKey::key) == meta.past.end())
      meta.past.insert(meta.past.begin(), {meta.first_log(), origin, key, store::kNothingGivenUp});
  return meta;
}

}  // namespace

Result<std::optional<proofs::WitnessPolicy>> read_witness_policy(const Options& options) {
  if (options.witness_policy.empty()) return std::optional<proofs::WitnessPolicy>{};
  CARTELLA_TRY(const Bytes text, store::read_file(options.witness_policy, proofs::kPolicyBytesMax));
  CARTELLA_TRY(auto policy, proofs::parse_witness_policy(as_text(text)));
  return std::optional(std::move(policy));
}

Result<std::unique_ptr<proofs::Anchoring>> start_anchoring(const Options& options,
                                                           Workspace& workspace,
                                                           const Logger& logger) {
  if (options.time_stamp_url.empty() != options.time_stamp_ca.empty())
    return fail(Errc::invalid_argument, "--time-stamp-url e --time-stamp-ca vanno insieme");
  proofs::AnchoringOptions wanted;
  CARTELLA_TRY(wanted.policy, read_witness_policy(options));
  wanted.witness_ca_file = options.witness_ca.string();
  if (!options.time_stamp_url.empty())
    wanted.authority = proofs::TimeStampAuthority{
        options.time_stamp_url, options.time_stamp_ca.string(), options.time_stamp_tls_ca.string(),
        std::chrono::seconds(options.time_stamp_seconds)};
  if (!wanted.policy && !wanted.authority) return std::unique_ptr<proofs::Anchoring>{};
  wanted.past_keys = [&workspace]() -> Result<std::vector<store::PastKey>> {
    CARTELLA_TRY(auto meta, meta_with_named_keys(workspace));
    return std::move(meta.past);
  };
  wanted.ask_first = true;
  wanted.on_alarm = [&workspace, &logger](const proofs::WitnessAlarm& alarm) {
    if (!alarm.is_believed) return;  // it is told in the service log and the metrics
    store::Store& log = workspace.store();
    log.declare_rollback(alarm.witness + " saw " + (alarm.is_ahead ? "a longer" : "another") +
                         " history, of " + std::to_string(alarm.size) + " events");
    if (const auto kept = keeping::keep_witness_alarm(log, workspace.dir(), alarm); !kept)
      logger.write(LogLevel::error, "witness_alarm_not_kept", {{"error", kept.error().code}});
  };
  CARTELLA_TRY(const auto folder, proofs::AnchorFolder::open(workspace.dir()));
  return proofs::Anchoring::start(workspace.store(), workspace.clock(), logger, folder,
                                  std::move(wanted));
}

bool has_anchors(const std::filesystem::path& data_dir) {
  std::error_code none;
  return std::filesystem::exists(data_dir / "anchors", none);
}

Result<proofs::AnchorReport> check_kept_anchors(const Options& options, Workspace& workspace) {
  const store::Store& log = workspace.store();
  proofs::AnchorCheck check;
  CARTELLA_TRY(check.policy, read_witness_policy(options));
  check.time_stamp_ca = options.time_stamp_ca.string();
  if (!has_anchors(workspace.dir())) return proofs::AnchorReport{};
  CARTELLA_TRY(check.log, meta_with_named_keys(workspace));
  check.size = log.size();
  check.root_at = [&log](std::uint64_t size) {
    return crypto::root_at(size, [&log](std::uint32_t level, std::uint64_t index) {
      return log.subtree_hash(level, index);
    });
  };
  CARTELLA_TRY(const auto folder, proofs::AnchorFolder::open(workspace.dir()));
  return proofs::check_anchors(folder, check);
}

Table anchor_table(const proofs::AnchorReport& report, bool has_policy) {
  const auto count = [](std::uint64_t value) { return Cell(static_cast<std::int64_t>(value)); };
  Table table{"anchors",
              "Conferme dall'esterno, le più recenti",
              {"Eventi", "Testimoni", "Quorum", "Indipendenti", "Marca temporale", "Autorità"},
              {"size", "witnesses", "quorum", "independent", "time_stamp", "authority"},
              {}};
  for (const proofs::CheckedAnchor& each : report.newest) {
    const bool has_stamp = !each.stamps.empty();
    table.rows.push_back(
        {count(each.size), has_policy ? count(each.support.cosigned.size()) : Cell(std::string()),
         has_policy ? Cell(std::string(each.support.is_enough ? "sì" : "no")) : Cell(std::string()),
         has_policy ? Cell(std::to_string(each.support.independent) + " di " +
                           std::to_string(each.support.independent_max))
                    : Cell(std::string()),
         has_stamp ? Cell(format_time(each.stamps.back().time)) : Cell(std::string()),
         has_stamp ? Cell(each.stamps.back().authority) : Cell(std::string())});
  }
  return table;
}

namespace {

std::string witness_summary(const proofs::AnchorReport& report) {
  if (!report.with_quorum) return "Testimoni: nessuno dei checkpoint conservati ha il quorum.";
  return "Testimoni: quorum fino alla posizione " + std::to_string(report.with_quorum->size) +
         "; " + proofs::independence_of(report.with_quorum->support) + ".";
}

}  // namespace

std::string anchor_summary(const proofs::AnchorReport& report, bool has_policy, bool is_judged) {
  std::string text;
  if (has_policy) text = witness_summary(report);
  if (report.with_stamp) {
    if (!text.empty()) text += ' ';
    text += "Marca temporale fino alla posizione " + std::to_string(report.with_stamp->size) +
            ": " + format_time(report.with_stamp->stamps.back().time) +
            (is_judged ? "." : " (autorità non verificata: manca --time-stamp-ca).");
  }
  return text;
}

}  // namespace cartella::ops
