#include <algorithm>
#include <set>

#include "cases/codice_fiscale.h"
#include "ops/demo_organisation.h"
#include "ops/demo_tables.h"
#include "ops/demo_world.h"

namespace cartella::ops::demo {

namespace {

constexpr std::uint64_t kClientPercent = 12;  // of the residents meet the service in two years
constexpr std::uint64_t kOneRefusedIn = 150;
constexpr std::string_view kUnknownId = "9999";

struct Benefit {
  std::string_view code;
  std::string_view name;
  bool periodic;
  std::uint64_t cents_max;
};
constexpr std::array<Benefit, 5> kBenefits = {
    {{"A1.04", "Contributi economici a integrazione del reddito familiare", true, 60'000},
     {"A1.06", "Buoni spesa o buoni pasto", false, 15'000},
     {"A1.16", "Contributi economici per servizio trasporto e mobilità", false, 12'000},
     {"A2.07", "Assistenza domiciliare socio-assistenziale", true, 70'000},
     {"A3.03", "Asilo nido", true, 40'000}}};

constexpr std::array<std::string_view, 6> kSentences = {
    "Colloquio con la persona presso l'ufficio.",
    "Visita domiciliare effettuata.",
    "La situazione è stabile rispetto al mese scorso.",
    "Contattata la scuola.",
    "Si valuta un sostegno economico; la famiglia è d'accordo.",
    "Fissato un nuovo incontro."};

std::string text(std::uint64_t number) { return std::to_string(number); }
std::string euros(std::uint64_t cents) {
  const std::string rest = text(cents % 100);
  return text(cents / 100) + '.' + std::string(2 - rest.size(), '0') + rest;
}

// One person as the tables hold it: a resident, or somebody whom no registry knows.
struct Client {
  const Person* resident = nullptr;
  std::size_t comune = 0;
  std::string identifier;  // codice fiscale, provisional, STP or ENI
  std::string kind;
  std::string surname;
  std::string name;
};

class Casework {
 public:
  Casework(World& world, Organisation organisation, Tables& tables)
      : x_world(world),
        x_random(world.random),
        x_organisation(std::move(organisation)),
        x_tables(tables) {}

  void run() {
    headers();
    for (const Person& person : x_world.people)
      if (!person.died && x_random.chance(kClientPercent)) client_of(person);
    for (std::size_t i = 0; i < x_world.people.size() / 400 + 3; ++i) stranger(i);
    for (std::size_t i = 0; i < x_world.people.size() / 200 + 1; ++i) anonymous();
    x_world.expected.cards_read = static_cast<std::int64_t>(x_cards);
    x_world.expected.cases = static_cast<std::int64_t>(x_cases);
  }

 private:
  void headers() {
    const std::pair<const char*, const char*> headers[] = {
        {"SS_ANAGRAFICA",
         "ID;COGNOME;NOME;CF;DATA_NASCITA;DATA_DECESSO;SESSO;CITTADINANZA;STATO_CIVILE;"
         "COMUNE_NASCITA_COD;STATO_NASCITA_COD;ALIAS"},
        {"SS_SCHEDA",
         "ID;IDENTIFICATIVO;ACCESSO_ID;SEGNALATO_ID;MOTIVAZIONE_ID;INTERVENTI_ID;COMPLETA;"
         "ELIMINATA;TIPO;DT_INS;USER_INS"},
        {"SS_SCHEDA_ACCESSO",
         "ID;DATA;MODALITA;OPERATORE;INTERLOCUTORE;MOTIVO;MOTIVO_DESC;UTENTE_PRESENTE_INFORMATO;"
         "REL_UPO_UFFICIO_ID;REL_UPO_PUNTO_CONTATTO_ID;REL_UPO_ORGANIZZAZIONE_ID"},
        {"SS_SCHEDA_SEGNALATO", "ID;ANAGRAFICA_ID;TELEFONO;CEL;EMAIL;SENZA_FISSA_DIMORA"},
        {"SS_SCHEDA_MOTIVAZIONE", "ID;ALTRO"},
        {"SS_SCHEDA_INTERVENTI", "ID;ALTRO"},
        {"SS_MOTIVAZIONI_SCHEDE", "ID;MOTIVAZIONE_ID;SCHEDA_MOTIVAZIONE_ID"},
        {"SS_INTERVENTI_SCHEDE", "ID;INTERVENTO_ID;SCHEDA_INTERVENTI_ID"},
        {"CS_SS_SCHEDA_SEGR", "SCHEDA_ID;SOGGETTO_ID;STATO;FLG_STATO;PROVENIENZA"},
        {"CS_A_ANAGRAFICA",
         "ID;CF;COGNOME;NOME;DATA_NASCITA;SESSO;CITTADINANZA;COMUNE_NASCITA_COD;"
         "STATO_NASCITA_COD;TEL;CELL;EMAIL;NOTE"},
        {"CS_A_CASO", "ID;IDENTIFICATIVO;NOTE;DT_INS;USER_INS"},
        {"CS_A_SOGGETTO", "ANAGRAFICA_ID;CASO_ID;DT_INS;USER_INS"},
        {"CS_A_SOGGETTO_CATEGORIA_SOC",
         "SOGGETTO_ANAGRAFICA_ID;CATEGORIA_SOCIALE_ID;PREVALENTE;DATA_INIZIO_APP;DATA_FINE_APP"},
        {"CS_D_DIARIO",
         "ID;CASO_ID;TIPO_DIARIO_ID;OPERATORE_SETTORE_ID;DT_AMMINISTRATIVA;DT_INS;USER_INS;"
         "VIS_SECONDO_LIVELLO"},
        {"CS_IT_STEP",
         "ID;CASO_ID;CFG_IT_STATO_ID;DIARIO_ID;OPERATORE_ID;SETTORE_ID;ORGANIZZAZIONE_ID;"
         "SETTORE_ID_TO;NOTA"},
        {"CS_D_COLLOQUIO", "DIARIO_ID;TESTO_DIARIO;RISERVATO;DIARIO_CON_CHI_ALTRO"},
        {"CS_I_INTERVENTO_ESEG_MAST",
         "ID;TIPO_INTERVENTO_ID;CATEGORIA_SOCIALE_ID;TIPO_BENEFICIARIO;SETTORE_EROGANTE_ID;"
         "OPERATORE_SETTORE_ID;PROT_DOM_PREST;DATA_DOM_PREST;DT_INS"},
        {"CS_I_INTERVENTO_ESEG_MAST_SOGG",
         "INT_ESEG_MAST_ID;CASO_ID;CF;COGNOME;NOME;FLAG_RIFERIMENTO;ANNO_NASCITA"},
        {"CS_I_PS",
         "ID;INT_ESEG_MAST_ID;COD_PRESTAZIONE;DENOM_PRESTAZIONE;CARATTERE;FLAG_PROVA_MEZZI;"
         "FLAG_IN_CARICO"},
        {"CS_I_INTERVENTO_ESEG",
         "ID;INTERVENTO_ESEG_MAST_ID;DATA_ESECUZIONE;SPESA;COMPART_UTENTI;COMPART_SSN;STATO_ID;"
         "OPERATORE_SETTORE_ID;DT_INS"}};
    for (const auto& [table, columns] : headers) x_tables.header(table, columns);
  }

  Counts& section(const char* name) { return x_world.expected.sections[name]; }
  void refuse(const char* table, std::uint64_t id, const char* why) {
    x_world.expected.refused.push_back({table, static_cast<std::int64_t>(id), why});
  }
  Date some_day() {
    return Date{x_world.last_day.days - kDays + 1 + static_cast<int>(x_random.below(kDays - 60))};
  }
  std::string at_work(Date day) {
    const std::string hour = text(8 + x_random.below(10));
    const std::string minute = text(10 + x_random.below(50));
    return format_date(day) + ' ' + std::string(2 - hour.size(), '0') + hour + ':' + minute + ":00";
  }
  std::size_t worker_of(std::size_t comune) {
    return x_random.pick(std::span<const std::size_t>(x_organisation.workers_of[comune]));
  }

  // ---- people and cards
  void client_of(const Person& person) {
    const Client client{&person, person.comune, person.codice, "cf", person.surname, person.name};
    const std::uint64_t row = person_row(client);
    const std::uint64_t count = x_random.few(5);
    std::uint64_t accepted = 0;
    std::uint64_t proposal = 0;
    Date proposed;
    for (std::uint64_t i = 0; i < count; ++i) {
      const Date day = some_day();
      const bool proposes = proposal == 0 && x_random.chance(40);
      const std::uint64_t id = card(row, client.comune, day, proposes ? 3 : 1 + x_random.below(2),
                                    proposes || (i + 1 == count && accepted == 0));
      if (id == 0) continue;
      ++accepted;
      if (proposes) {
        proposal = id;
        proposed = day;
      }
    }
    ++section("people_known_by_identifier")[client.kind];
    if (proposal != 0) social_case(client, proposal, proposed);
  }

  void stranger(std::size_t i) {
    constexpr std::array<std::string_view, 3> kKinds = {"cf_provisional", "stp", "eni"};
    Client client;
    client.kind = kKinds[i % kKinds.size()];
    client.comune = x_random.below(x_world.comuni.size());
    client.surname = "SCONOSCIUTO";
    client.name = "OSPITE";
    const std::string digits = text(1'000'000'000 + i * 17);
    if (client.kind == "cf_provisional")
      client.identifier = digits + cases::check_digit(digits).value_or('0');
    else
      client.identifier = (client.kind == "stp" ? "STP057" : "ENI057") + digits;
    const std::uint64_t row = person_row(client);
    card(row, client.comune, some_day(), 1, true);
    ++section("people_known_by_identifier")[client.kind];
  }

  void anonymous() {
    const std::uint64_t row = ++x_persons;
    x_tables.row("SS_ANAGRAFICA", {text(row), "", "", "ANONIMO", "", "", "", "", "", "", "",
                                   "Persona senza nome " + text(row)});
    card(row, x_random.below(x_world.comuni.size()), some_day(), 1, true);
    ++section("cards_anonymous")["all"];
  }

  std::uint64_t person_row(const Client& client) {
    const std::uint64_t row = ++x_persons;
    const Person* person = client.resident;
    const bool abroad = person != nullptr && person->birth_place.front() == 'Z';
    x_tables.row(
        "SS_ANAGRAFICA",
        {text(row), client.surname, client.name, client.identifier,
         person ? format_date(person->birth) : "", "", person ? std::string(1, person->sex) : "",
         person ? person->citizenship : "", person ? std::to_string(person->civil_status) : "",
         person && !abroad ? person->birth_place : "", abroad ? person->birth_place : "", ""});
    return row;
  }

  // Answers the id of the card, or 0 for one that was made to be refused.
  std::uint64_t card(std::uint64_t person, std::size_t comune, Date day, std::uint64_t type,
                     bool must_be_good) {
    const std::uint64_t id = ++x_cards;
    const std::uint64_t fault =
        !must_be_good && x_random.below(kOneRefusedIn) == 0 ? 1 + x_random.below(3) : 0;
    const std::string& username = x_organisation.workers[worker_of(comune) - 1].username;
    const std::string mode(x_random.pick(std::span<const std::string_view>(kModes)));
    const std::string own = text(comune + 1);
    x_tables.row("SS_SCHEDA_ACCESSO",
                 {text(id), fault == 1 ? "2099-01-01" : format_date(day), mode, username,
                  std::string(x_random.pick(std::span<const std::string_view>(kInterlocutors))),
                  std::string(x_random.pick(std::span<const std::string_view>(kMotives))), "", "1",
                  fault == 2 ? std::string(kUnknownId) : own, own, own});
    x_tables.row(
        "SS_SCHEDA_SEGNALATO",
        {text(id), text(person), "0746" + text(100'000 + x_random.below(900'000)), "", "", "0"});
    x_tables.row("SS_SCHEDA_MOTIVAZIONE", {text(id), ""});
    x_tables.row("SS_SCHEDA_INTERVENTI", {text(id), ""});
    x_tables.row("SS_SCHEDA", {text(id), text(id), text(id), text(id), text(id), text(id), "1", "0",
                               text(type), at_work(day), username});
    needs_and_services(id, comune, fault);
    constexpr std::array<const char*, 4> kFaults = {"", "future_access_date", "unknown_office",
                                                    "unknown_need"};
    if (fault != 0) {
      refuse("SS_SCHEDA", id, kFaults[fault]);
      return 0;
    }
    const Comune& place = x_world.comuni[comune];
    ++section("accesses_by_comune")[place.belfiore];
    ++section("accesses_by_month")[format_date(day).substr(0, 7)];
    ++section("accesses_by_mode")[mode];
    ++section("accesses_by_zone")[std::to_string(place.zone)];
    ++section("accesses_total")["all"];
    return id;
  }

  void needs_and_services(std::uint64_t id, std::size_t comune, std::uint64_t fault) {
    const std::string prefix = x_world.comuni[comune].belfiore + ' ';
    const auto choose = [&](std::size_t of) {
      std::set<std::size_t> chosen;
      for (std::uint64_t n = x_random.few(3); n > 0; --n) chosen.insert(x_random.below(of));
      return chosen;
    };
    for (const std::size_t need : choose(kNeeds.size())) {
      x_tables.row("SS_MOTIVAZIONI_SCHEDE", {text(++x_need_links), text(need + 1), text(id)});
      if (fault != 0) continue;
      ++section("needs")[std::string(kNeeds[need])];
      ++section("needs_by_comune")[prefix + std::string(kNeeds[need])];
    }
    if (fault == 3)
      x_tables.row("SS_MOTIVAZIONI_SCHEDE",
                   {text(++x_need_links), std::string(kUnknownId), text(id)});
    for (const std::size_t service : choose(kServices.size())) {
      x_tables.row("SS_INTERVENTI_SCHEDE", {text(++x_service_links), text(service + 1), text(id)});
      if (fault != 0) continue;
      ++section("services_requested")[std::string(kServices[service])];
      ++section("services_by_comune")[prefix + std::string(kServices[service])];
    }
  }

  // ---- cases
  void social_case(const Client& client, std::uint64_t card_id, Date day) {
    const std::uint64_t id = ++x_cases;
    const Person& person = *client.resident;
    const std::size_t worker = worker_of(client.comune);
    const std::string& username = x_organisation.workers[worker - 1].username;
    const bool abroad = person.birth_place.front() == 'Z';
    x_tables.row("CS_A_ANAGRAFICA",
                 {text(id), person.codice, person.surname, person.name, format_date(person.birth),
                  std::string(1, person.sex), person.citizenship, abroad ? "" : person.birth_place,
                  abroad ? person.birth_place : "", "", "", "", ""});
    x_tables.row("CS_A_CASO", {text(id), text(id), "", at_work(day), username});
    x_tables.row("CS_A_SOGGETTO", {text(id), text(id), at_work(day), username});
    x_tables.row("CS_SS_SCHEDA_SEGR", {text(card_id), text(id), "CREATA", "I", "SS"});
    const int age = age_years(person.birth, day);
    const std::size_t category = age < 18 ? 1 : (age > 67 ? 4 : (x_random.chance(20) ? 2 : 3));
    x_tables.row("CS_A_SOGGETTO_CATEGORIA_SOC",
                 {text(id), text(category), "1", format_date(day), "9999-12-31"});
    ++section("cases_by_category")[std::string(kCategories[category - 1])];
    ++section("cases_by_comune")[x_world.comuni[client.comune].belfiore];
    life(id, worker, client.comune, day);
    interviews(id, worker, day);
    if (x_random.chance(50)) benefit(id, client, category, worker, day);
  }

  std::uint64_t diary(std::uint64_t case_id, const char* type, std::size_t worker, Date day) {
    const std::uint64_t id = ++x_diary;
    x_tables.row("CS_D_DIARIO", {text(id), text(case_id), type, text(worker), at_work(day),
                                 at_work(day), x_organisation.workers[worker - 1].username, ""});
    return id;
  }

  Date later(Date day, std::uint64_t days) {
    return std::min(Date{day.days + static_cast<int>(x_random.below(days))}, x_world.last_day);
  }

  void life(std::uint64_t case_id, std::size_t worker, std::size_t comune, Date day) {
    std::vector<const char*> states = {"1"};
    if (x_random.chance(20)) states.push_back("4");
    if (x_random.chance(90) || states.size() == 2) states.push_back("3");
    if (std::string_view(states.back()) == "3" && x_random.chance(30)) {
      states.push_back("2");
      if (x_random.chance(25)) states.insert(states.end(), {"6", "3"});
    }
    const std::size_t sector = x_organisation.workers[worker - 1].sector;
    Date at = day;
    for (const char* state : states) {
      const std::string to =
          std::string_view(state) == "4" ? text(x_organisation.sectors_of[comune].front()) : "";
      x_tables.row("CS_IT_STEP",
                   {text(++x_steps), text(case_id), state, text(diary(case_id, "1", worker, at)),
                    text(worker), text(sector), text(comune + 1), to, ""});
      ++section("state_changes")["all"];
      at = later(at, 60);
    }
    const std::string_view last = states.back();
    ++section(
        "cases_by_state")[last == "1" ? "Aperto" : (last == "2" ? "Chiuso" : "Preso in carico")];
  }

  void interviews(std::uint64_t case_id, std::size_t worker, Date day) {
    for (std::uint64_t n = x_random.below(7); n > 0; --n) {
      const bool reserved = x_random.chance(10);
      const bool orphan = x_random.below(kOneRefusedIn) == 0;
      // An orphan's number is used by no row of the diary.
      const std::uint64_t id = orphan ? ++x_diary : diary(case_id, "5", worker, later(day, 300));
      std::string said;
      for (std::uint64_t i = x_random.few(4); i > 0; --i)
        said += std::string(x_random.pick(std::span<const std::string_view>(kSentences))) +
                (i > 1 ? " " : "");
      x_tables.row("CS_D_COLLOQUIO", {text(id), said, reserved ? "1" : "0", ""});
      if (orphan)
        refuse("CS_D_COLLOQUIO", id, "missing_diary");
      else
        ++section("interviews")[reserved ? "riservato" : "normale"];
    }
  }

  void benefit(std::uint64_t case_id, const Client& client, std::size_t category,
               std::size_t worker, Date day) {
    const Benefit& kind = x_random.pick(std::span<const Benefit>(kBenefits));
    const std::uint64_t id = ++x_benefits;
    const Date asked = later(day, 30);
    const std::string number = text(id);
    x_tables.row("CS_I_INTERVENTO_ESEG_MAST",
                 {text(id), "", text(category), "INDIVIDUALE",
                  text(x_organisation.workers[worker - 1].sector), text(worker),
                  text(static_cast<std::uint64_t>(civil(asked).year)) + '/' +
                      std::string(6 - std::min<std::size_t>(6, number.size()), '0') + number,
                  format_date(asked), at_work(asked)});
    x_tables.row("CS_I_INTERVENTO_ESEG_MAST_SOGG",
                 {text(id), text(case_id), client.identifier, client.surname, client.name, "1",
                  text(static_cast<std::uint64_t>(civil(client.resident->birth).year))});
    x_tables.row("CS_I_PS", {text(id), text(id), std::string(kind.code), std::string(kind.name),
                             kind.periodic ? "1" : "2", "4", "1"});
    Date on = asked;
    for (std::uint64_t n = kind.periodic ? 1 + x_random.below(10) : 1; n > 0; --n) {
      const std::uint64_t cents = 1000 + x_random.below(kind.cents_max);
      x_tables.row("CS_I_INTERVENTO_ESEG",
                   {text(++x_deliveries), text(id), format_date(on), euros(cents), "0.00", "0.00",
                    "4", text(worker), at_work(on)});
      section("spend_cents_by_prestazione")[std::string(kind.code)] +=
          static_cast<std::int64_t>(cents);
      ++section("deliveries_by_prestazione")[std::string(kind.code)];
      on = later(on, 31);
    }
  }

  World& x_world;
  Random& x_random;
  Organisation x_organisation;
  Tables& x_tables;
  std::uint64_t x_persons = 0;
  std::uint64_t x_cards = 0;
  std::uint64_t x_need_links = 0;
  std::uint64_t x_service_links = 0;
  std::uint64_t x_cases = 0;
  std::uint64_t x_diary = 0;
  std::uint64_t x_steps = 0;
  std::uint64_t x_benefits = 0;
  std::uint64_t x_deliveries = 0;
};

}  // namespace

Status write_predecessor(World& world, const std::filesystem::path& dir) {
  Tables tables;
  Organisation organisation = write_organisation(world, tables);
  Casework(world, std::move(organisation), tables).run();
  for (const auto& [table, text] : tables.all()) {
    CARTELLA_TRY(write_text(dir / (table + ".csv"), text));
  }
  return ok();
}

}  // namespace cartella::ops::demo
