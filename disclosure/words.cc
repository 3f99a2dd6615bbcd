#include "disclosure/words.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/local_time.h"
#include "cases/bootstrap.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;

using Pair = std::pair<std::string_view, std::string_view>;

template <std::size_t N>
std::string word_of(const std::array<Pair, N>& words, std::string_view code) {
  for (const auto& [known, word] : words)
    if (known == code) return std::string(word);
  return std::string(code);
}

constexpr std::array<Pair, 11> kRoles = {{
    {"operatore", "operatore"},
    {"coordinatore", "coordinatore"},
    {"segretariato", "segretariato sociale"},
    {"addetto_diritti", "addetto ai diritti"},
    {"auditor", "auditor"},
    {"dpo", "responsabile della protezione dei dati"},
    {"referente_applicativo", "referente applicativo"},
    {"amministratore_sistema", "amministratore di sistema"},
    {"caseworker", "operatore"},
    {"importazione", "importazione di dati"},
    {"installazione", "installazione"},
}};

constexpr std::array<Pair, 4> kSources = {{
    {"person", "raccolto o scritto dal servizio"},
    {"registry", "anagrafe comunale"},
    {"SISO", "applicativo precedente (SISO)"},
    {"installation", "installazione"},
}};

constexpr std::array<Pair, 3> kLinkStates = {{
    {"CREATA", "caso creato"},
    {"RESPINTA", "respinta"},
    {"VISTA", "vista"},
}};

constexpr std::array<Pair, 5> kRights = {{
    {"gdpr15", "accesso ai dati personali (art. 15 GDPR)"},
    {"l241", "accesso ai documenti amministrativi (L. 241/1990)"},
    {"giudice", "richiesta dell'autorità giudiziaria"},
    {"difensore", "richiesta del difensore (indagini difensive)"},
    {"oscuramento", "oscuramento di elementi del fascicolo"},
}};

constexpr std::array<Pair, 6> kVariations = {{
    {"moved", "residenza"},
    {"died", "decesso"},
    {"household", "nucleo familiare"},
    {"name", "cognome o nome"},
    {"codice_fiscale", "codice fiscale"},
    {"civil_status", "stato civile"},
}};

constexpr std::array<Pair, 23> kOperations = {{
    {"VIEW", "consultazione"},
    {"LIST", "elenco di persone"},
    {"SEARCH", "ricerca"},
    {"APPEND", "registrazione"},
    {"CORRECT", "rettifica"},
    {"ERASE", "cancellazione"},
    {"MASK", "oscuramento"},
    {"UNMASK", "revoca di oscuramento"},
    {"PRINT", "stampa"},
    {"DOWNLOAD", "scaricamento"},
    {"EXPORT", "esportazione"},
    {"DISCLOSE", "comunicazione ad altro ente"},
    {"CONSULT_EXTERNAL", "consultazione di una banca dati esterna"},
    {"EMERGENCY", "accesso in emergenza"},
    {"REPLAY", "lettura della storia"},
    {"DSAR", "esercizio dei diritti"},
    {"GRANT", "concessione di permessi"},
    {"REVOKE", "revoca di permessi"},
    {"LOGIN", "accesso al sistema"},
    {"LOGOUT", "uscita dal sistema"},
    {"FAILED", "accesso al sistema fallito"},
    {"DENY", "tentativo rifiutato"},
    {"REPORT", "rapporto statistico"},
}};

const schema::Code* any_code(schema::CodeList list, std::string_view code) {
  for (const schema::Code& known : schema::codes(list))
    if (known.code == code) return &known;
  return nullptr;
}

std::string label_or_id(const std::map<UnitId, views::Label>& labels, const UnitId& id) {
  const auto at = labels.find(id);
  return at != labels.end() ? at->second.label : fmt::format("voce {}, non in elenco", id.hex());
}

std::string with_ente(const Words& words, const std::string& name, const UnitId& ente) {
  const auto at = words.organisation.enti.find(ente);
  if (at == words.organisation.enti.end() || at->second.name == name) return name;
  return fmt::format("{} ({})", name, at->second.name);
}

}  // namespace

std::string day_words(std::int32_t days) {
  if (days == views::kNoDate) return {};
  const CivilDate date = civil(Date{days});
  return fmt::format("{:02}/{:02}/{:04}", date.day, date.month, date.year);
}

std::string time_words(TimeUs time) {
  constexpr std::int64_t kNoTime = INT64_MIN;  // of schema/events.capnp
  if (time.us == kNoTime) return {};
  const TimeUs shown = to_local(time);
  const Date day = date_of(shown);
  const std::int64_t minutes = (shown.us - start_of(day).us) / 60'000'000;
  return fmt::format("{} {:02}:{:02}", day_words(day.days), minutes / 60, minutes % 60);
}

std::string euro_words(std::int64_t cents) {
  const bool negative = cents < 0;
  const std::uint64_t value =
      negative ? ~static_cast<std::uint64_t>(cents) + 1 : static_cast<std::uint64_t>(cents);
  std::string whole = std::to_string(value / 100);
  for (std::size_t i = whole.size(); i > 3; i -= 3) whole.insert(i - 3, ".");
  return fmt::format("{}{},{:02} €", negative ? "-" : "", whole, value % 100);
}

std::string yes_no(bool value) { return value ? "sì" : "no"; }

std::string code_words(schema::CodeList list, std::string_view code, Date at) {
  if (code.empty()) return {};
  const schema::Code* found = schema::find_code(list, code, at);
  if (found == nullptr) found = any_code(list, code);
  if (found == nullptr) return fmt::format("codice {}, non in elenco", code);
  return std::string(found->label);
}

std::string place_words(std::string_view belfiore, Date at) {
  if (belfiore.empty()) return {};
  const std::string_view name = schema::place_name(belfiore, at);
  if (name.empty()) return fmt::format("luogo con codice {}, non in elenco", belfiore);
  return fmt::format("{} ({})", name, belfiore);
}

std::string benefit_words(std::string_view code, std::string_view name, Date at) {
  const schema::BenefitCode* known = schema::find_benefit_code(code, at);
  std::string label(name);
  if (label.empty() && known != nullptr) label = known->label;
  if (label.empty()) label = "denominazione non disponibile";
  return code.empty() ? label : fmt::format("{} ({})", label, code);
}

std::string category_words(const Words& words, std::string_view code, Date at) {
  const auto own = words.organisation.categories.find(std::string(code));
  if (own != words.organisation.categories.end() && !own->second.label.empty())
    return own->second.label;
  return code_words(schema::CodeList::social_category, code, at);
}

std::string need_words(const Words& words, const UnitId& need) {
  return label_or_id(words.organisation.needs, need);
}
std::string service_words(const Words& words, const UnitId& service) {
  return label_or_id(words.organisation.services, service);
}

std::string unit_words(const Words& words, const UnitId& unit) {
  const views::Organisation& all = words.organisation;
  if (unit.is_zero()) return {};
  if (const auto at = all.sectors.find(unit); at != all.sectors.end())
    return with_ente(words, at->second.name, at->second.ente);
  if (const auto at = all.offices.find(unit); at != all.offices.end())
    return with_ente(words, at->second.name, at->second.ente);
  if (const auto at = all.enti.find(unit); at != all.enti.end()) return at->second.name;
  if (const auto at = all.zones.find(unit); at != all.zones.end()) return at->second.name;
  return fmt::format("unità {}", unit.hex());
}

std::string controller_words(const Words& words, const ControllerId& controller) {
  if (controller == cases::installation_controller())
    return words.organisation.ambito.name.empty() ? "installazione"
                                                  : words.organisation.ambito.name;
  return unit_words(words, UnitId::from_view(controller.view()));
}

std::string worker_words(const Words& words, const OperatorId& worker) {
  if (worker.is_zero()) return {};
  if (worker == cases::installation_actor()) return "installazione";
  if (!words.operator_names) return "un operatore";
  const auto at = words.organisation.operators.find(worker);
  return at != words.organisation.operators.end() ? at->second.username
                                                  : fmt::format("operatore {}", worker.hex());
}

std::string identifier_kind_words(views::IdentifierKind kind) {
  switch (kind) {
    case views::IdentifierKind::cf: return "codice fiscale";
    case views::IdentifierKind::cf_provisional: return "codice fiscale provvisorio";
    case views::IdentifierKind::stp: return "codice STP";
    case views::IdentifierKind::eni: return "codice ENI";
    case views::IdentifierKind::internal: return "numero interno";
    case views::IdentifierKind::alias: return "alias";
  }
  return "altro identificativo";
}

std::string kinship_words(std::string_view role, Date at) {
  const bool coded =
      !role.empty() && role.find_first_not_of("0123456789") == std::string_view::npos;
  return coded ? code_words(schema::CodeList::kinship, role, at) : std::string(role);
}

std::string variation_words(std::string_view kind) { return word_of(kVariations, kind); }
std::string role_words(std::string_view role) { return word_of(kRoles, role); }
std::string source_words(std::string_view source) { return word_of(kSources, source); }
std::string link_state_words(std::string_view state) { return word_of(kLinkStates, state); }
std::string right_words(std::string_view kind) { return word_of(kRights, kind); }
std::string operation_words(std::string_view operation) { return word_of(kOperations, operation); }

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string all;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!all.empty()) all += between;
    all += part;
  }
  return all;
}

}  // namespace cartella::disclosure
