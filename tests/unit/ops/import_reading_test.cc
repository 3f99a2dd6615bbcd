// What the readers of the predecessor's tables take, keep and tell, one claim a test.
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/ops/predecessor_tables.h"

namespace cartella::ops {
namespace {

TEST(ImportReading, TakesTheAreaOfUsersFromEveryCategoryAsTheInpsFlowDoes) {
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

TEST(ImportReading, ReadsWhichCategoriesASectorManages) {
  Tables tables = good_tables();
  tables["CS_O_SETTORE"] += "2;Altro servizio;1\n";
  tables["CS_C_CATEGORIA_SOCIALE"] += "4;Anziani\n";
  tables["CS_REL_SETTORE_CATSOC"] =
      "CATEGORIA_SOCIALE_ID;SETTORE_ID;ABILITATO\n3;1;1\n4;1;0\n4;7;1\n9;1;1\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_EQ(source.sectors.at(0).categories, std::vector<Index>{0});
  EXPECT_TRUE(source.sectors.at(1).categories.empty());
  EXPECT_EQ(refused(rejects), (std::set<std::string>{"CS_REL_SETTORE_CATSOC 7 unknown_sector",
                                                     "CS_REL_SETTORE_CATSOC 1 unknown_category"}));
}

TEST(ImportReading, ReadsWhomACaseWasReportedTo) {
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

TEST(ImportReading, ReadsTheEventThePeriodAndTheDsuOfABenefit) {
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

TEST(ImportReading, LeavesAPeriodOverTwoYearsOnItsDeliveriesAndWarns) {
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

TEST(ImportReading, CountsTheProtocolInCharactersNotBytes) {
  using Set = std::set<std::string>;
  std::string accents;
  for (int i = 0; i < 32; ++i) accents += "à";
  EXPECT_EQ(refused_with("CS_I_INTERVENTO_ESEG_MAST", "2025/1", accents), Set{});
  EXPECT_EQ(
      refused_with("CS_I_INTERVENTO_ESEG_MAST", "2025/1", accents + "à"),
      (Set{"CS_I_INTERVENTO_ESEG_MAST 1 long_protocol", "CS_I_INTERVENTO_ESEG 1 missing_benefit"}));
}

TEST(ImportReading, TellsWhoWroteARowFromItsUserOrElseItsOperator) {
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

TEST(ImportReading, KeepsWhatTheCaseKnowsOfAPersonWhoHasACard) {
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

TEST(ImportReading, KeepsTheSecondLevelThatProtectsADiaryEntry) {
  Tables tables = good_tables();
  tables["CS_D_DIARIO"] =
      "ID;CASO_ID;TIPO_DIARIO_ID;OPERATORE_SETTORE_ID;DT_AMMINISTRATIVA;VIS_SECONDO_LIVELLO\n"
      "1;1;1;1;2025-01-12 10:00:00;2\n2;1;5;1;2025-01-13 10:00:00;2\n";
  Rejects rejects;

  const Source source = source_of(tables, rejects);

  EXPECT_EQ(source.cases.at(0).interviews.at(0).second_level, "2");
  EXPECT_TRUE(warned(rejects).contains("CS_D_DIARIO 1 second_level_of_a_step"));
}

TEST(ImportReading, KeepsTheValidityOfAnOperatorAndTheKindOfAnIntervention) {
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

TEST(ImportReading, WarnsOnceForEveryTableAndColumnThatItDoesNotRead) {
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

TEST(ImportReading, WarnsOfNoColumnThatItReads) {
  Rejects rejects;
  source_of(good_tables(), rejects);
  for (const std::string& row : warned(rejects))
    EXPECT_EQ(row.find("unread_"), std::string::npos) << row;
}

TEST(ImportReading, WarnsOfCodesThatNoNationalListHasOnThatDay) {
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

TEST(ImportReading, ReadsTimesAsClocksInItalyShowedThem) {
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

}  // namespace
}  // namespace cartella::ops
