#include "proofs/witness_policy.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "proofs/outbound.h"

namespace cartella::proofs {

namespace {

// Takes what stands before the next space.
std::string_view take_word(std::string_view& text) {
  const std::size_t start = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(start);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

struct Reading {
  WitnessPolicy policy;
  bool has_quorum = false;
  bool has_away = false;
};

using Wrong = std::optional<std::string>;

// Key, URL and operator, with what stands between the last two where `stands` is empty. What is
// wrong with the line; nothing where it is well.
Wrong add_witness(std::string_view rest, std::string_view stands, WitnessPolicy& to) {
  auto cosigner = crypto::parse_cosigner_key(take_word(rest));
  if (!cosigner) return "non è la chiave di un testimone, come 'cartella witness init' la stampa";
  const std::string url(take_word(rest));
  if (!parse_url(url)) return "serve un indirizzo http:// o https:// dopo la chiave";
  if (stands.empty()) stands = take_word(rest);
  if (stands != "independent" && stands != "host")
    return "dopo l'indirizzo serve 'independent' o 'host'";
  const std::string_view operator_name = trimmed(rest);
  if (operator_name.empty() || operator_name.size() > 200 || !is_printable(operator_name))
    return "manca il nome di chi gestisce il testimone";
  for (const crypto::Cosigner& known : to.cosigners)
    if (known.key == cosigner.value().key || known.name == cosigner.value().name)
      return "lo stesso testimone, per nome o chiave, è già scritto sopra";
  if (to.cosigners.size() == kWitnessesMax)
    return "al più " + std::to_string(kWitnessesMax) + " testimoni";
  to.cosigners.push_back(std::move(cosigner).value());
  to.witnesses.push_back({url, std::string(operator_name), stands == "independent"});
  return std::nullopt;
}

Wrong read_neighbour(std::string_view rest, WitnessPolicy& to) {
  auto log = crypto::parse_verifier_key(take_word(rest));
  if (!log) return "non è la chiave di un registro, come 'cartella init' la stampa";
  for (const crypto::VerifierKey& known : to.neighbours)
    if (known.name == log.value().name) return "questo registro è già scritto sopra";
  to.neighbours.push_back(std::move(log).value());
  return add_witness(rest, "independent", to);
}

Wrong read_quorum(std::string_view rest, Reading& to) {
  if (to.has_quorum) return "'quorum' è scritto due volte";
  const std::string_view number = trimmed(rest);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size() || value == 0)
    return "'quorum' vuole un numero da 1 in su";
  to.has_quorum = true;
  to.policy.quorum = value;
  return std::nullopt;
}

Wrong read_away(std::string_view rest, Reading& to) {
  if (to.has_away) return "'away' è scritto due volte";
  const std::string_view choice = trimmed(rest);
  if (choice != "continue" && choice != "refuse-publishing")
    return "'away' vuole 'continue' o 'refuse-publishing'";
  to.has_away = true;
  to.policy.when_away = choice == "continue" ? WhenAway::go_on : WhenAway::refuse_publishing;
  return std::nullopt;
}

Wrong read_line(std::string_view line, Reading& to) {
  const std::string_view word = take_word(line);
  if (word == "witness") return add_witness(line, "", to.policy);
  if (word == "neighbour") return read_neighbour(line, to.policy);
  if (word == "quorum") return read_quorum(line, to);
  if (word == "away") return read_away(line, to);
  return "una riga comincia con 'witness', 'neighbour', 'quorum', 'away' o '#'";
}

Error refused(std::size_t line, const std::string& what) {
  return fail(Errc::invalid_input,
              "politica dei testimoni, riga " + std::to_string(line) + ": " + what);
}

}  // namespace

Result<WitnessPolicy> parse_witness_policy(std::string_view text) {
  if (text.size() > kPolicyBytesMax)
    return fail(Errc::invalid_input, "politica dei testimoni: al più " +
                                         std::to_string(kPolicyBytesMax / 1024) + " KiB");
  Reading reading;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (const auto wrong = read_line(line, reading)) return refused(number, *wrong);
  }
  const WitnessPolicy& policy = reading.policy;
  if (policy.witnesses.empty()) return refused(number, "non c'è nessun testimone");
  if (policy.quorum > policy.witnesses.size())
    return refused(number, "il quorum è " + std::to_string(policy.quorum) + ", i testimoni sono " +
                               std::to_string(policy.witnesses.size()));
  return std::move(reading.policy);
}

Result<Support> judge_support(const WitnessPolicy& policy, std::string_view note) {
  Support support;
  CARTELLA_TRY(support.cosigned, crypto::valid_cosignatures(note, policy.cosigners));
  for (const WitnessEntry& each : policy.witnesses) support.independent_max += each.is_independent;
  for (const crypto::Cosignature& each : support.cosigned)
    support.independent += policy.witnesses[each.cosigner].is_independent;
  support.is_enough = support.cosigned.size() >= policy.quorum;
  return support;
}

std::string independence_of(const Support& support) {
  return "indipendenti dall'ospite: " + std::to_string(support.independent) + " di " +
         std::to_string(support.independent_max);
}

}  // namespace cartella::proofs
