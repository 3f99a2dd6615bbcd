#include "ops/import_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace cartella::ops {
namespace {

namespace json = boost::json;
using Counts = std::map<std::string, std::int64_t>;

Counts counts_of(const json::value& object) {
  Counts counts;
  for (const auto& [key, value] : object.as_object())
    counts[std::string(key)] = value.to_number<std::int64_t>();
  return counts;
}

std::set<std::string> rows_of(const Rejects& rejects, Severity severity) {
  std::set<std::string> rows;
  for (const Reject& reject : rejects.sorted())
    if (reject.severity == severity)
      rows.insert(reject.table + ' ' + reject.id + ' ' + reject.reason);
  return rows;
}
std::set<std::string> refused(const Rejects& rejects) {
  return rows_of(rejects, Severity::rejected);
}
std::set<std::string> warned(const Rejects& rejects) { return rows_of(rejects, Severity::warning); }

class SourceSamples : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto sample = std::filesystem::path(CARTELLA_SHARED_DIR) / "samples" / GetParam();
    if (!std::filesystem::exists(sample)) {
      const char* ci = std::getenv("CI");
      ASSERT_FALSE(ci != nullptr && std::string_view(ci) == "true") << "samples are missing";
      GTEST_SKIP() << "shared/samples is not here";
    }
    std::ostringstream text;
    text << std::ifstream(sample / "expected.json").rdbuf();
    x_expected = json::parse(text.str());
    auto source = read_source(sample / "predecessor", x_rejects);
    ASSERT_TRUE(source.has_value()) << source.error().detail;
    x_source = std::move(source).value();
  }

  Counts expected(const char* name) const { return counts_of(x_expected.at(name)); }
  std::string comune(Index ente) const { return x_source.entes[ente].belfiore; }

  json::value x_expected;
  Rejects x_rejects;
  Source x_source;
};

TEST_P(SourceSamples, RefuseExactlyTheExpectedRows) {
  std::set<std::string> wanted;
  for (const json::value& row : x_expected.at("rejected").as_array())
    wanted.insert(std::string(row.at("table").as_string()) + ' ' +
                  std::to_string(row.at("id").to_number<std::int64_t>()) + ' ' +
                  std::string(row.at("why").as_string()));
  EXPECT_EQ(refused(x_rejects), wanted);
}

TEST_P(SourceSamples, CountCardsNeedsAndServicesAsExpected) {
  Counts by_comune, by_mode, needs, needs_by_comune, services, services_by_comune, kinds;
  std::set<Index> known;
  std::int64_t anonymous = 0;
  for (const SourceCard& card : x_source.cards) {
    ++by_comune[comune(card.ente)];
    ++by_mode[card.mode];
    for (const Index need : card.needs) {
      ++needs[x_source.needs[need].label];
      ++needs_by_comune[comune(card.ente) + ' ' + x_source.needs[need].label];
    }
    for (const Index service : card.services) {
      ++services[x_source.services[service].label];
      ++services_by_comune[comune(card.ente) + ' ' + x_source.services[service].label];
    }
    const SourcePerson& person = x_source.persons[card.person];
    if (person.anonymous) ++anonymous;
    if (known.insert(card.person).second && person.identifier)
      ++kinds[std::string(cases::identifier_kind_name(person.identifier->kind))];
  }
  EXPECT_EQ(by_comune, expected("accesses_by_comune"));
  EXPECT_EQ(by_mode, expected("accesses_by_mode"));
  EXPECT_EQ(needs, expected("needs"));
  EXPECT_EQ(needs_by_comune, expected("needs_by_comune"));
  EXPECT_EQ(services, expected("services_requested"));
  EXPECT_EQ(services_by_comune, expected("services_by_comune"));
  EXPECT_EQ(kinds, expected("people_known_by_identifier"));
  EXPECT_EQ(anonymous, expected("cards_anonymous")["all"]);
}

TEST_P(SourceSamples, CountCasesInterviewsAndSpendAsExpected) {
  Counts by_comune, spend, deliveries;
  std::int64_t steps = 0;
  std::int64_t reserved = 0;
  std::int64_t normal = 0;
  for (const SourceCase& one : x_source.cases) {
    ++by_comune[comune(one.ente)];
    steps += static_cast<std::int64_t>(one.steps.size());
    for (const SourceInterview& interview : one.interviews)
      ++(interview.reserved ? reserved : normal);
  }
  for (const SourceBenefit& benefit : x_source.benefits)
    for (const SourceDelivery& delivery : benefit.deliveries) {
      spend[benefit.inps_code] += delivery.amount;
      ++deliveries[benefit.inps_code];
    }
  EXPECT_EQ(by_comune, expected("cases_by_comune"));
  EXPECT_EQ(steps, expected("state_changes")["all"]);
  EXPECT_EQ(normal, expected("interviews")["normale"]);
  EXPECT_EQ(reserved, expected("interviews")["riservato"]);
  EXPECT_EQ(spend, expected("spend_cents_by_prestazione"));
  EXPECT_EQ(deliveries, expected("deliveries_by_prestazione"));
}

INSTANTIATE_TEST_SUITE_P(Samples, SourceSamples, testing::Values("zona7", "ambito28"));

// ---- a small export of our own, one table at a time spoiled
// --------------------------------------
using Tables = std::map<std::string, std::string>;

Tables good_tables() {
  return {
      {"CS_O_ZONA_SOC", "ID;NOME\n7;Zona 7\n"},
      {"CS_O_ORGANIZZAZIONE", "ID;NOME;COD_CATASTALE;ZONA_SOC_ID\n1;Comune di Gubbio;E256;7\n"},
      {"SS_UFFICIO", "ID;NOME\n1;Ufficio\n"},
      {"SS_REL_UFF_PCONT_ORG", "UFFICIO_ID;PUNTO_CONTATTO_ID;ORGANIZZAZIONE_ID\n1;1;1\n"},
      {"CS_O_SETTORE", "ID;NOME;ORGANIZZAZIONE_ID\n1;Servizio;1\n"},
      {"CS_O_OPERATORE", "ID;USERNAME\n1;operatore001\n"},
      {"CS_O_OPERATORE_SETTORE", "ID;OPERATORE_ID;SETTORE_ID\n1;1;1\n"},
      {"SS_MOTIVAZIONE", "ID;MOTIVO\n1;Sfratto\n"},
      {"SS_INTERVENTO", "ID;INTERVENTO\n1;Mensa\n"},
      {"CS_C_CATEGORIA_SOCIALE", "ID;DESCRIZIONE\n3;Adulti\n"},
      {"SS_ANAGRAFICA",
       "ID;COGNOME;NOME;CF;DATA_NASCITA;SESSO;COMUNE_NASCITA_COD;ALIAS\n"
       "1;Bianchi Verdi;Gianfranco;BNCGFR08L04A475B;1908-07-04;M;A475;\n"
       "2;;;ANONIMO;;;;Il signore del parco\n"},
      {"CS_A_ANAGRAFICA",
       "ID;CF;COGNOME;NOME;DATA_NASCITA\n1;BNCGFR08L04A475B;Bianchi Verdi;Gianfranco;1908-07-04\n"},
      {"SS_SCHEDA_ACCESSO",
       "ID;DATA;MODALITA;OPERATORE;REL_UPO_UFFICIO_ID;REL_UPO_ORGANIZZAZIONE_ID\n"
       "1;2025-01-10;e-mail;operatore001;1;1\n2;2025-01-11;e-mail;operatore001;1;1\n"},
      {"SS_SCHEDA_SEGNALATO", "ID;ANAGRAFICA_ID\n1;1\n2;2\n"},
      {"SS_SCHEDA_MOTIVAZIONE", "ID;ALTRO\n1;\n"},
      {"SS_MOTIVAZIONI_SCHEDE", "ID;MOTIVAZIONE_ID;SCHEDA_MOTIVAZIONE_ID\n1;1;1\n"},
      {"SS_SCHEDA",
       "ID;IDENTIFICATIVO;ACCESSO_ID;SEGNALATO_ID;MOTIVAZIONE_ID;DT_INS\n"
       "1;101;1;1;1;2025-01-10 10:00:00\n2;102;2;2;;2025-01-11 10:00:00\n"},
      {"CS_A_CASO", "ID;IDENTIFICATIVO;DT_INS\n1;9;2025-01-12 10:00:00\n"},
      {"CS_A_SOGGETTO", "ANAGRAFICA_ID;CASO_ID\n1;1\n"},
      {"CS_D_DIARIO",
       "ID;CASO_ID;TIPO_DIARIO_ID;OPERATORE_SETTORE_ID;DT_AMMINISTRATIVA\n"
       "1;1;1;1;2025-01-12 10:00:00\n2;1;5;1;2025-01-13 10:00:00\n"},
      {"CS_IT_STEP",
       "ID;CASO_ID;CFG_IT_STATO_ID;DIARIO_ID;OPERATORE_ID;SETTORE_ID;ORGANIZZAZIONE_ID\n"
       "1;1;1;1;1;1;1\n"},
      {"CS_D_COLLOQUIO", "DIARIO_ID;TESTO_DIARIO;RISERVATO\n2;Testo;0\n"},
      {"CS_I_INTERVENTO_ESEG_MAST",
       "ID;PROT_DOM_PREST;DATA_DOM_PREST;SETTORE_EROGANTE_ID\n1;2025/1;2025-01-14;1\n"},
      {"CS_I_INTERVENTO_ESEG_MAST_SOGG",
       "INT_ESEG_MAST_ID;CASO_ID;CF;FLAG_RIFERIMENTO\n1;1;BNCGFR08L04A475B;1\n"},
      {"CS_I_PS", "ID;INT_ESEG_MAST_ID;COD_PRESTAZIONE\n1;1;A1.04\n"},
      {"CS_I_INTERVENTO_ESEG",
       "ID;INTERVENTO_ESEG_MAST_ID;DATA_ESECUZIONE;SPESA\n1;1;2025-01-20;10.05\n"},
  };
}

std::filesystem::path directory_with(const Tables& tables) {
  const auto dir =
      std::filesystem::path(testing::TempDir()) / ("import_source-" + std::to_string(getpid()));
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  for (const auto& [name, text] : tables) std::ofstream(dir / (name + ".csv")) << text;
  return dir;
}

std::set<std::string> refused_with(const std::string& table, const std::string& old_text,
                                   const std::string& new_text) {
  Tables tables = good_tables();
  std::string& text = tables[table];
  const std::size_t at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << table;
  text.replace(at, old_text.size(), new_text);
  Rejects rejects;
  auto source = read_source(directory_with(tables), rejects);
  EXPECT_TRUE(source.has_value());
  return refused(rejects);
}

TEST(ImportSource, AcceptsEveryRowOfACleanExport) {
  Rejects rejects;
  auto source = read_source(directory_with(good_tables()), rejects);

  ASSERT_TRUE(source.has_value()) << source.error().detail;
  EXPECT_TRUE(refused(rejects).empty());
  const Source& s = source.value();
  ASSERT_EQ(s.persons.size(), 2u);  // the codice fiscale joins both tables
  EXPECT_TRUE(s.persons[1].anonymous);
  ASSERT_EQ(s.cards.size(), 2u);
  EXPECT_EQ(s.cards[0].number, 101);
  EXPECT_EQ(s.cases[0].person, s.cards[0].person);
  ASSERT_EQ(s.benefits[0].deliveries.size(), 1u);
  EXPECT_EQ(s.benefits[0].deliveries[0].amount, 1005);
}

Source source_of(const Tables& tables, Rejects& rejects) {
  auto source = read_source(directory_with(tables), rejects);
  EXPECT_TRUE(source.has_value()) << source.error().detail;
  return source ? std::move(source).value() : Source{};
}

TEST(ImportSource, TakesTheAreaOfUsersFromEveryCategoryAsTheInpsFlowDoes) {
  Tables tables = good_tables();
  tables["CS_C_CATEGORIA_SOCIALE"] =
      "ID;DESCRIZIONE\n1;Famiglia e minori\n2;Disabili\n3;Adulti\n4;Anziani\n9;Dipendenze\n";
  tables["CS_I_INTERVENTO_ESEG_MAST"] =
      "ID;PROT_DOM_PREST;DATA_DOM_PREST;SETTORE_EROGANTE_ID;CATEGORIA_SOCIALE_ID\n"
      "1;p1;2025-01-14;1;1\n2;p2;2025-01-14;1;2\n3;p3;2025-01-14;1;3\n4;p4;2025-01-14;1;4\n"
      "5;p5;2025-01-14;1;9\n6;p6;2025-01-14;1;4\n";
  tables["CS_I_INTERVENTO_ESEG_MAST_SOGG"] = "INT_ESEG_MAST_ID;CASO_ID;CF;FLAG_RIFERIMENTO\n";
  tables["CS_I_PS"] = "ID;INT_ESEG_MAST_ID;COD_PRESTAZIONE;FLAG_IN_CARICO\n";
  for (const std::string id : {"1", "2", "3", "4", "5", "6"}) {
    tables["CS_I_INTERVENTO_ESEG_MAST_SOGG"] += id + ";1;BNCGFR08L04A475B;1\n";
    tables["CS_I_PS"] += id + ';' + id + ";A1.04;" + (id == "6" ? "0" : "1") + '\n';
  }
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_TRUE(refused(rejects).empty());
  std::vector<int> areas;
  for (const SourceBenefit& benefit : source.benefits) areas.push_back(benefit.user_area);
  EXPECT_EQ(areas, (std::vector<int>{1, 2, 3, 2, 3, 0}));  // the last is not in charge
}

TEST(ImportSource, ReadsWhomACaseWasReportedTo) {
  Tables tables = good_tables();
  tables["CS_O_OPERATORE"] += "2;operatore002\n";
  tables["CS_IT_STEP"] =
      "ID;CASO_ID;CFG_IT_STATO_ID;DIARIO_ID;OPERATORE_ID;SETTORE_ID;ORGANIZZAZIONE_ID;"
      "OPERATORE_TO;SETTORE_ID_TO;ORGANIZZAZIONE_ID_TO\n"
      "1;1;1;1;1;1;1;;;\n2;1;11;1;1;1;1;2;;\n3;1;3;1;2;1;1;;;\n4;1;4;1;1;1;1;;1;\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_TRUE(refused(rejects).empty());
  ASSERT_EQ(source.cases.size(), 1u);
  ASSERT_EQ(source.cases[0].steps.size(), 4u);
  EXPECT_EQ(source.cases[0].steps[1].status, cases::CaseStatus::segnalato_operatore);
  EXPECT_EQ(source.cases[0].steps[1].to_worker, 1u);
  EXPECT_EQ(source.cases[0].steps[3].to_sector, 0u);
}

TEST(ImportSource, ReadsTheEventThePeriodAndTheDsuOfABenefit) {
  Tables tables = good_tables();
  tables["CS_I_PS"] =
      "ID;INT_ESEG_MAST_ID;COD_PRESTAZIONE;CARATTERE;PREFIX_PROT_DSU;NUM_PROT_DSU;PROG_PROT_DSU;"
      "ANNO_PROT_DSU;DATA_DSU\n1;1;A1.05.01;1;INPS-ISEE;01480722D;00;2025;2025-01-09\n";
  tables["CS_I_INTERVENTO_ESEG"] =
      "ID;INTERVENTO_ESEG_MAST_ID;DATA_ESECUZIONE;DATA_ESECUZIONE_A;DATA_EVENTO;SPESA\n"
      "1;1;2025-02-01;2025-02-28;2025-01-05;10\n2;1;2025-03-01;2025-03-31;;10\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_TRUE(refused(rejects).empty());
  ASSERT_EQ(source.benefits.size(), 1u);
  const SourceBenefit& benefit = source.benefits[0];
  EXPECT_EQ(benefit.event_date, make_date(2025, 1, 5));
  EXPECT_EQ(benefit.period_from, make_date(2025, 2, 1));
  EXPECT_EQ(benefit.period_to, make_date(2025, 3, 31));
  EXPECT_EQ(benefit.deliveries.at(1).to, make_date(2025, 3, 31));
  EXPECT_EQ(benefit.dsu_number, "INPS-ISEE-2025-01480722D-00");
  EXPECT_EQ(benefit.dsu_year, 2025);
  EXPECT_EQ(benefit.dsu_date, make_date(2025, 1, 9));
}

TEST(ImportSource, LeavesAPeriodOverTwoYearsOnItsDeliveriesAndWarns) {
  Tables tables = good_tables();
  tables["CS_I_PS"] = "ID;INT_ESEG_MAST_ID;COD_PRESTAZIONE;CARATTERE\n1;1;A1.04;1\n";
  tables["CS_I_INTERVENTO_ESEG"] =
      "ID;INTERVENTO_ESEG_MAST_ID;DATA_ESECUZIONE;DATA_ESECUZIONE_A;DATA_EVENTO;SPESA\n"
      "1;1;2024-12-01;2025-01-31;2024-11-01;10\n2;1;2025-02-01;;2024-11-02;10\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_FALSE(source.benefits.at(0).period_from);
  EXPECT_EQ(source.benefits[0].deliveries.at(0).to, make_date(2025, 1, 31));
  EXPECT_TRUE(warned(rejects).contains("CS_I_INTERVENTO_ESEG_MAST 1 period_over_years"));
  EXPECT_TRUE(warned(rejects).contains("CS_I_INTERVENTO_ESEG 2 event_date_differs"));
}

TEST(ImportSource, CountsTheProtocolInCharactersNotBytes) {
  using Set = std::set<std::string>;
  std::string accents;
  for (int i = 0; i < 32; ++i) accents += "à";
  EXPECT_EQ(refused_with("CS_I_INTERVENTO_ESEG_MAST", "2025/1", accents), Set{});
  EXPECT_EQ(
      refused_with("CS_I_INTERVENTO_ESEG_MAST", "2025/1", accents + "à"),
      (Set{"CS_I_INTERVENTO_ESEG_MAST 1 long_protocol", "CS_I_INTERVENTO_ESEG 1 missing_benefit"}));
}

TEST(ImportSource, TellsWhoWroteARowFromItsUserOrElseItsOperator) {
  Tables tables = good_tables();
  tables["CS_O_OPERATORE"] += "2;operatore002\n";
  tables["SS_SCHEDA"] =
      "ID;IDENTIFICATIVO;ACCESSO_ID;SEGNALATO_ID;MOTIVAZIONE_ID;DT_INS;USER_INS\n"
      "1;101;1;1;1;2025-01-10 10:00:00;operatore002\n2;102;2;2;;2025-01-11 10:00:00;nessuno\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_EQ(source.cards.at(0).worker, 0u);
  EXPECT_EQ(source.cards[0].author, 1u);
  EXPECT_EQ(source.cards.at(1).author, 0u);
  EXPECT_EQ(source.cases.at(0).steps.at(0).author, 0u);
}

TEST(ImportSource, KeepsWhatTheCaseKnowsOfAPersonWhoHasACard) {
  Tables tables = good_tables();
  tables["CS_A_ANAGRAFICA"] =
      "ID;CF;COGNOME;NOME;DATA_NASCITA;TEL;CELL;EMAIL;NOTE\n"
      "31;BNCGFR08L04A475B;Bianchi Verdi;Gianfranco;1908-07-04;0751;3201;g@example.org;Ha un "
      "cane\n";
  tables["CS_A_SOGGETTO"] = "ANAGRAFICA_ID;CASO_ID\n31;1\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  ASSERT_EQ(source.cases.size(), 1u);
  const SourceSubject& subject = source.cases[0].subject;
  EXPECT_EQ(subject.ref.id, 31u);
  EXPECT_EQ(subject.phone, "0751");
  EXPECT_EQ(subject.mobile, "3201");
  EXPECT_EQ(subject.email, "g@example.org");
  EXPECT_EQ(subject.note, "Ha un cane");
  ASSERT_EQ(source.persons.at(0).same.size(), 1u);
  EXPECT_EQ(source.persons[0].ref.table, "SS_ANAGRAFICA");
  EXPECT_EQ(source.persons[0].same[0].table, "CS_A_ANAGRAFICA");
  EXPECT_EQ(source.persons[0].same[0].id, 31u);
}

TEST(ImportSource, KeepsTheSecondLevelThatProtectsADiaryEntry) {
  Tables tables = good_tables();
  tables["CS_D_DIARIO"] =
      "ID;CASO_ID;TIPO_DIARIO_ID;OPERATORE_SETTORE_ID;DT_AMMINISTRATIVA;VIS_SECONDO_LIVELLO\n"
      "1;1;1;1;2025-01-12 10:00:00;2\n2;1;5;1;2025-01-13 10:00:00;2\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_EQ(source.cases.at(0).interviews.at(0).second_level, "2");
  EXPECT_TRUE(warned(rejects).contains("CS_D_DIARIO 1 second_level_of_a_step"));
}

TEST(ImportSource, KeepsTheValidityOfAnOperatorAndTheKindOfAnIntervention) {
  Tables tables = good_tables();
  tables["CS_O_OPERATORE"] =
      "ID;USERNAME;DATA_INIZIO_VAL;DATA_FINE_VAL\n1;operatore001;2020-01-01;2024-12-31\n"
      "2;operatore002;2020-01-01;9999-12-31\n3;operatore003;2021-01-01;2020-01-01\n";
  tables["CS_I_INTERVENTO_ESEG_MAST"] =
      "ID;PROT_DOM_PREST;DATA_DOM_PREST;SETTORE_EROGANTE_ID;TIPO_INTERVENTO_ID\n"
      "1;2025/1;2025-01-14;1;79\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_EQ(source.operators.at(0).from, make_date(2020, 1, 1));
  EXPECT_EQ(source.operators[0].to, make_date(2024, 12, 31));
  EXPECT_FALSE(source.operators.at(1).to);
  EXPECT_FALSE(source.operators.at(2).from);
  EXPECT_TRUE(warned(rejects).contains("CS_O_OPERATORE 3 validity_reversed"));
  EXPECT_EQ(source.benefits.at(0).intervention, "79");
}

TEST(ImportSource, WarnsOnceForEveryTableAndColumnThatItDoesNotRead) {
  Tables tables = good_tables();
  tables["CS_D_PAI"] = "DIARIO_ID;OBIETTIVI_BREVE\n9;Casa\n10;Lavoro\n";
  tables["CS_D_SCUOLA"] = "DIARIO_ID;NOME\n";
  tables["CS_A_CASO"] = "ID;IDENTIFICATIVO;DT_INS;USR_MOD;DT_MOD\n1;9;2025-01-12 10:00:00;x;\n";
  tables["CS_D_DIARIO"] += "3;1;8;1;2025-01-14 10:00:00\n4;1;8;1;2025-01-15 10:00:00\n";
  Rejects rejects;

  source_of(tables, rejects);

  EXPECT_TRUE(refused(rejects).empty());
  std::vector<std::string> unread;
  for (const Reject& reject : rejects.sorted())
    if (reject.reason.starts_with("unread_"))
      unread.push_back(reject.table + ' ' + reject.id + ' ' + reject.reason);
  EXPECT_EQ(unread, (std::vector<std::string>{"CS_A_CASO USR_MOD unread_column",
                                              "CS_D_DIARIO 3 unread_diary_type_8",
                                              "CS_D_PAI  unread_table"}));
}

TEST(ImportSource, WarnsOfNoColumnThatItReads) {
  Rejects rejects;
  source_of(good_tables(), rejects);
  for (const std::string& row : warned(rejects))
    EXPECT_EQ(row.find("unread_"), std::string::npos) << row;
}

TEST(ImportSource, WarnsOfCodesThatNoNationalListHasOnThatDay) {
  Tables tables = good_tables();
  tables["SS_ANAGRAFICA"] =
      "ID;COGNOME;NOME;CF;DATA_NASCITA;SESSO;COMUNE_NASCITA_COD;STATO_NASCITA_COD;ALIAS;"
      "CITTADINANZA;STATO_CIVILE\n"
      "1;Bianchi Verdi;Gianfranco;BNCGFR08L04A475B;1908-07-04;M;A475;;;380;2\n"
      "2;;;ANONIMO;;;;;Il signore del parco;;\n"
      "3;Rossi;Mara;;1980-05-05;F;QQQQ;;;999;x\n"
      "4;Neri;Ugo;;1980-05-05;M;;Z100;;008;6\n"
      // Abano Terme had that name and code under Padova from 1866 on, not before.
      "5;Bruni;Ada;;1850-05-05;F;A001;;;380;1\n";
  Rejects rejects;

  source_of(tables, rejects);

  EXPECT_TRUE(refused(rejects).empty());
  std::set<std::string> codes;
  for (const std::string& row : warned(rejects))
    if (row.find("unknown_") != std::string::npos) codes.insert(row);
  EXPECT_EQ(codes,
            (std::set<std::string>{
                "SS_ANAGRAFICA 3 unknown_birth_place", "SS_ANAGRAFICA 3 unknown_citizenship",
                "SS_ANAGRAFICA 3 unknown_civil_status", "SS_ANAGRAFICA 5 unknown_birth_place"}));
}

TEST(ImportSource, ReadsTimesAsClocksInItalyShowedThem) {
  Tables tables = good_tables();
  std::string& cards = tables["SS_SCHEDA"];
  cards.replace(cards.find("2025-01-10 10:00:00"), 19, "2025-01-10 00:30:00");
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_TRUE(refused(rejects).empty());  // written half an hour into the day of the access
  EXPECT_EQ(format_time(source.cards.at(0).occurred_at), "2025-01-09T23:30:00.000000Z");
  EXPECT_EQ(source.cards[0].access_date, make_date(2025, 1, 10));
  EXPECT_EQ(format_time(source.cases.at(0).steps.at(0).at), "2025-01-12T09:00:00.000000Z");
}

TEST(ImportSource, RefusesACardWithItsReason) {
  using Set = std::set<std::string>;
  EXPECT_EQ(refused_with("SS_SCHEDA_ACCESSO", "1;2025-01-10", "1;2099-01-01"),
            Set{"SS_SCHEDA 1 future_access_date"});
  EXPECT_EQ(refused_with("SS_SCHEDA_ACCESSO", "1;2025-01-10", "1;2025-02-30"),
            Set{"SS_SCHEDA 1 impossible_access_date"});
  EXPECT_EQ(refused_with("SS_SCHEDA_ACCESSO", "operatore001;1;1\n2", "operatore001;9999;1\n2"),
            Set{"SS_SCHEDA 1 unknown_office"});
  EXPECT_EQ(refused_with("SS_MOTIVAZIONI_SCHEDE", "1;1;1", "1;9999;1"),
            Set{"SS_SCHEDA 1 unknown_need"});
  EXPECT_EQ(refused_with("SS_MOTIVAZIONI_SCHEDE", "1;1;1", "1;1;77"),
            Set{"SS_MOTIVAZIONI_SCHEDE 1 orphan"});
  EXPECT_EQ(refused_with("SS_SCHEDA", "1;101;1;1", "1;101;8;1"), Set{"SS_SCHEDA 1 missing_access"});
  EXPECT_EQ(refused_with("SS_ANAGRAFICA", "A475B", "A475C"),
            (Set{"SS_ANAGRAFICA 1 bad_cf_check", "SS_SCHEDA 1 missing_person"}));
  EXPECT_EQ(refused_with("SS_ANAGRAFICA", "1908-07-04", "1908-07-34"),
            (Set{"SS_ANAGRAFICA 1 impossible_birth_date", "SS_SCHEDA 1 missing_person"}));
}

TEST(ImportSource, RefusesRowsOfACaseAndOnlyThose) {
  using Set = std::set<std::string>;
  EXPECT_EQ(refused_with("CS_D_COLLOQUIO", "2;Testo", "5;Testo"),
            Set{"CS_D_COLLOQUIO 5 missing_diary"});
  EXPECT_EQ(refused_with("CS_IT_STEP", "1;1;1;1;1;1;1", "1;1;7;1;1;1;1"),
            (Set{"CS_IT_STEP 1 unknown_state", "CS_A_CASO 1 missing_state",
                 "CS_D_COLLOQUIO 2 missing_case", "CS_I_INTERVENTO_ESEG_MAST 1 missing_case",
                 "CS_I_INTERVENTO_ESEG 1 missing_benefit"}));
  EXPECT_EQ(refused_with("CS_I_INTERVENTO_ESEG", "10.05", "10.055"),
            Set{"CS_I_INTERVENTO_ESEG 1 bad_amount"});
  EXPECT_EQ(refused_with("CS_I_PS", "1;1;A1.04", "1;3;A1.04"),
            (Set{"CS_I_PS 1 orphan", "CS_I_INTERVENTO_ESEG_MAST 1 missing_benefit_code",
                 "CS_I_INTERVENTO_ESEG 1 missing_benefit"}));
}

TEST(ImportSource, RefusesADirectoryThatLacksATableOrAColumn) {
  Rejects rejects;
  Tables tables = good_tables();
  tables.erase("SS_SCHEDA");
  EXPECT_EQ(read_source(directory_with(tables), rejects).error().code, Errc::not_found);
  tables = good_tables();
  tables["SS_UFFICIO"] = "ID;DENOMINAZIONE\n1;x\n";
  EXPECT_EQ(read_source(directory_with(tables), rejects).error().code, Errc::invalid_input);
}

TEST(ImportSource, ReadsMoneyToTheCentOrNotAtAll) {
  EXPECT_EQ(parse_cents("306.05").value, 30605);
  EXPECT_EQ(parse_cents("7.5").value, 750);
  EXPECT_EQ(parse_cents("12").value, 1200);
  EXPECT_EQ(parse_cents("-0.10").value, -10);
  EXPECT_EQ(parse_cents("1.2300").value, 123);
  for (const char* bad : {"1,5", "1.005", "1e3", "--1", ".", "99999999999999", "1.", "+1"})
    EXPECT_TRUE(parse_cents(bad).bad) << bad;
}

}  // namespace
}  // namespace cartella::ops
