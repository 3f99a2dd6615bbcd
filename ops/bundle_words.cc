#include "ops/bundle_words.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/clock.h"
#include "schema/event_types.h"

namespace cartella::ops {

namespace {

namespace json = boost::json;
using proofs::BundleReport;

std::string moment(std::int64_t us) { return format_time(TimeUs{us}); }

std::uint64_t count_of(const BundleReport& report, schema::LeafKind kind) {
  return report.kinds.at(static_cast<std::size_t>(kind));
}

// How far somebody whom the reader knows, and who does not run the log, has seen this history.
std::uint64_t witnessed_to(const BundleReport& report) {
  return report.is_policy_given ? report.witnessed_to : 0;
}

std::string key_words(const BundleReport& report) {
  const char* said = "La chiave del registro è quella data da chi controlla:";
  if (report.is_log_key_followed)
    said =
        "La chiave data da chi controlla è stata sostituita, e ha firmato il passaggio a questa:";
  if (!report.is_log_key_given) said = "chiave presa dal fascicolo, non provata:";
  return fmt::format("{}\n  {}\n", said, report.log_key);
}

std::string anchor_words(const proofs::AnchorFacts& anchors) {
  std::string text;
  for (const auto& witness : anchors.witnesses)
    text += fmt::format("    - visto da {} ({}, {}), ore {}\n", witness.name, witness.operator_name,
                        witness.is_independent ? "indipendente da chi tiene il registro"
                                               : "gestito da chi tiene il registro",
                        moment(witness.time_us));
  if (!anchors.witnesses.empty() && !anchors.is_policy_met)
    text += "    - testimoni: meno di quanti la politica chiede\n";
  for (const auto& stamp : anchors.time_stamps)
    text += fmt::format("    - esisteva già alle ore {}, marca temporale di {}\n",
                        moment(stamp.time_us), stamp.authority);
  return text;
}

std::string checkpoint_words(const BundleReport& report) {
  std::string text =
      fmt::format("- Checkpoint firmati dal registro: {}.\n", report.checkpoint_count);
  if (report.checkpoints.size() < report.checkpoint_count)
    text += fmt::format(
        "  Qui si guardano i {} più recenti di quelli di cui altri hanno detto qualcosa.\n",
        report.checkpoints.size());
  for (const auto& checkpoint : report.checkpoints) {
    const std::string said = anchor_words(checkpoint.anchors);
    if (!said.empty())
      text += fmt::format("  - Le posizioni prima della {}:\n{}", checkpoint.size, said);
  }
  return text;
}

std::string signer_words(const BundleReport& report) {
  std::string text =
      fmt::format("- Firme valide di chiavi iscritte e non revocate a quella posizione: {}.\n",
                  report.signatures);
  for (const auto& signer : report.signers) {
    if (signer.signatures == 0 && !signer.revoked_from) continue;
    text += fmt::format("  - {} ({}): {}", signer.id,
                        signer.owner.empty() ? "chiave del registro"
                        : signer.for_server  ? "server"
                                             : "operatore " + signer.owner,
                        signer.signatures);
    if (signer.revoked_from)
      text += fmt::format("; revocata dalla posizione {}", *signer.revoked_from);
    text += "\n";
  }
  return text;
}

std::string segment_words(const proofs::SegmentProof& segment) {
  std::string text = fmt::format(
      "- Il segmento {} dell'evento alla posizione {} (evento {}, flusso {}) dice esattamente\n"
      "  questo, registrato il {}{}:\n",
      segment.index, segment.position, segment.event_id, segment.stream_id,
      moment(segment.recorded_at_us), segment.schema.empty() ? "" : ", " + segment.schema);
  if (segment.content.empty()) return text + "  (uno schema che questo programma non conosce)\n";
  std::string line = "    ";
  for (const char c : segment.content) {
    line += c;
    if (c == '\n') line += "    ";
  }
  return text + line + "\n";
}

std::string proved_words(const BundleReport& report) {
  std::string text = fmt::format(
      "- Le posizioni da {} a {} sono quelle del registro di {} eventi che il checkpoint più\n"
      "  recente firma: nessuna manca, nessuna è in più, nessuna è cambiata o spostata.\n",
      report.from, report.to - 1, report.size);
  text +=
      fmt::format("- Ore di registrazione scritte dal registro: da {} a {}, mai all'indietro.\n",
                  moment(report.first_us), moment(report.last_us));
  text += fmt::format(
      "- Flussi: {}; in ognuno gli eventi di queste posizioni sono tutti, in ordine e legati.\n",
      report.streams);
  text += "- Ogni evento ha un id suo; nessuna registrazione è divisa.\n";
  text += signer_words(report);
  text += checkpoint_words(report);
  if (report.segment) text += segment_words(*report.segment);
  return text;
}

std::string unproved_range_words(const BundleReport& report) {
  std::string text;
  if (report.from > 0)
    text += fmt::format(
        "- Gli eventi prima della posizione {}: il fascicolo ne porta solo {} sulle chiavi.\n",
        report.from, report.earlier);
  if (report.to < report.size)
    text += fmt::format(
        "- Gli eventi dalla posizione {} in poi: sono solo nell'albero; il fascicolo ne porta {} "
        "sulle\n  chiavi.\n",
        report.to, report.later);
  if (report.open_streams > 0)
    text += fmt::format("- L'inizio di {} flussi, che sta prima della posizione {}.\n",
                        report.open_streams, report.from);
  if (!report.are_earlier_keys_closed)
    text += fmt::format(
        "- Che non manchi un'iscrizione o una revoca di chiavi prima della posizione {}: lo "
        "prova\n  un fascicolo che comincia dalla posizione 0.\n",
        report.from);
  return text;
}

std::string unproved_anchor_words(const BundleReport& report) {
  std::string text;
  const std::uint64_t witnessed = witnessed_to(report);
  if (witnessed == 0)
    text +=
        "- Che ad altri sia mostrata la stessa storia: nessun testimone indipendente, fra "
        "quelli\n  chiesti, ha controfirmato. Chi tiene la chiave del registro potrebbe averlo "
        "riscritto.\n";
  else if (witnessed < report.to)
    text += fmt::format(
        "- Che ad altri siano mostrati gli stessi eventi dalla posizione {} in poi: nessun "
        "testimone\n  indipendente li ha ancora visti.\n",
        witnessed);
  if (report.has_policy && !report.is_policy_given)
    text +=
        "- Chi siano i testimoni: la politica viene dal fascicolo. Chiederla per altra via e "
        "ripetere\n  con --witness-policy.\n";
  const std::uint64_t stamped = report.stamped_to;
  if (stamped == 0)
    text += "- Le ore: le scrive il registro. Nessuna marca temporale è stata verificata.\n";
  else if (stamped < report.to)
    text += fmt::format(
        "- Le ore dalla posizione {} in poi: le scrive il registro, nessuna marca le copre.\n",
        stamped);
  if (report.unjudged_time_stamps > 0)
    text += fmt::format(
        "- {} marche temporali: nessuna autorità data con --time-stamp-ca le ha firmate.\n",
        report.unjudged_time_stamps);
  return text;
}

std::string unproved_words(const BundleReport& report) {
  std::string text;
  if (!report.is_log_key_given)
    text +=
        "- Di chi è il registro: la chiave viene dal fascicolo. Chiederla per altra via e "
        "ripetere con --log-key.\n";
  text += unproved_anchor_words(report);
  text += unproved_range_words(report);
  const std::uint64_t accesses = count_of(report, schema::LeafKind::access);
  if (accesses > 0)
    text += fmt::format(
        "- Chi ha fatto {} accessi ai dati: non portano una firma loro, li copre il checkpoint.\n",
        accesses);
  if (report.hidden_bodies > 0)
    text += fmt::format("- {} corpi in chiaro che il fascicolo non porta.\n", report.hidden_bodies);
  return text +
         "- Che cosa dicono i segmenti sigillati, e che sia vero: il fascicolo prova che furono\n"
         "  registrati, da chi e in quale ordine.\n";
}

json::object checkpoint_json(const proofs::CheckedCheckpoint& checkpoint) {
  json::object object;
  object["size"] = checkpoint.size;
  object["root"] = to_base64(checkpoint.root);
  object["origin"] = checkpoint.origin;
  json::array witnesses;
  for (const auto& witness : checkpoint.anchors.witnesses)
    witnesses.push_back({{"name", witness.name},
                         {"operator", witness.operator_name},
                         {"independent", witness.is_independent},
                         {"time", moment(witness.time_us)}});
  object["witnesses"] = std::move(witnesses);
  object["policy_met"] = checkpoint.anchors.is_policy_met;
  object["unknown_signatures"] = checkpoint.anchors.unknown_signatures;
  json::array stamps;
  for (const auto& stamp : checkpoint.anchors.time_stamps)
    stamps.push_back({{"time", moment(stamp.time_us)}, {"authority", stamp.authority}});
  object["time_stamps"] = std::move(stamps);
  object["unjudged_time_stamps"] = checkpoint.anchors.unjudged_time_stamps;
  return object;
}

json::object signer_json(const proofs::CheckedSigner& signer) {
  json::object object;
  object["id"] = signer.id;
  object["owner"] = signer.owner;
  object["server"] = signer.for_server;
  object["signatures"] = signer.signatures;
  if (signer.revoked_from) object["revoked_from"] = *signer.revoked_from;
  return object;
}

json::object segment_json(const proofs::SegmentProof& segment) {
  json::object object;
  object["position"] = segment.position;
  object["index"] = segment.index;
  object["event"] = segment.event_id;
  object["stream"] = segment.stream_id;
  object["recorded_at"] = moment(segment.recorded_at_us);
  object["schema"] = segment.schema;
  object["content"] = segment.content;
  return object;
}

}  // namespace

std::string bundle_words(const BundleReport& report) {
  return fmt::format(
             "FASCICOLO VALIDO: {} eventi, posizioni da {} a {}, del registro {}\n{}\n"
             "CHE COSA È PROVATO\n",
             report.to - report.from, report.from, report.to - 1, report.origin,
             key_words(report)) +
         proved_words(report) + "\nCHE COSA NON È PROVATO\n" + unproved_words(report);
}

std::string bundle_json(const BundleReport& report) {
  json::object object;
  object["valid"] = true;
  object["origin"] = report.origin;
  object["log_id"] = report.log_id;
  object["log_key"] = report.log_key;
  object["log_key_given"] = report.is_log_key_given;
  object["log_key_followed"] = report.is_log_key_followed;
  object["policy_given"] = report.is_policy_given;
  object["from"] = report.from;
  object["to"] = report.to;
  object["size"] = report.size;
  object["root"] = to_base64(report.root);
  object["first_recorded_at"] = moment(report.first_us);
  object["last_recorded_at"] = moment(report.last_us);
  object["accesses"] = count_of(report, schema::LeafKind::access);
  object["signatures"] = report.signatures;
  object["streams"] = report.streams;
  object["streams_begun_before"] = report.open_streams;
  object["calls"] = report.calls;
  object["earlier_key_events"] = report.earlier;
  object["later_key_events"] = report.later;
  object["earlier_keys_complete"] = report.are_earlier_keys_closed;
  object["hidden_bodies"] = report.hidden_bodies;
  object["eras"] = report.eras;
  object["bytes"] = report.bytes;
  object["checkpoint_count"] = report.checkpoint_count;
  json::array checkpoints;
  for (const auto& checkpoint : report.checkpoints)
    checkpoints.push_back(checkpoint_json(checkpoint));
  object["checkpoints"] = std::move(checkpoints);
  json::array signers;
  for (const auto& signer : report.signers) signers.push_back(signer_json(signer));
  object["signers"] = std::move(signers);
  if (report.segment) object["segment"] = segment_json(*report.segment);
  return json::serialize(object) + "\n";
}

}  // namespace cartella::ops
