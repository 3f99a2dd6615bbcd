// tests/unit/ops/predecessor_tables.h: a small export of the predecessor, to be spoiled one table
// at a time, and what its reading refuses or doubts. Threads: one.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "ops/import_source.h"

namespace cartella::ops {

inline std::set<std::string> rows_of(const Rejects& rejects, Severity severity) {
  std::set<std::string> rows;
  for (const Reject& reject : rejects.sorted())
    if (reject.severity == severity)
      rows.insert(reject.table + ' ' + reject.id + ' ' + reject.reason);
  return rows;
}
inline std::set<std::string> refused(const Rejects& rejects) {
  return rows_of(rejects, Severity::rejected);
}
inline std::set<std::string> warned(const Rejects& rejects) {
  return rows_of(rejects, Severity::warning);
}

using Tables = std::map<std::string, std::string>;

inline Tables good_tables() {
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

inline std::filesystem::path directory_with(const Tables& tables) {
  const auto dir =
      std::filesystem::path(::testing::TempDir()) / ("import_source-" + std::to_string(getpid()));
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  for (const auto& [name, text] : tables) std::ofstream(dir / (name + ".csv")) << text;
  return dir;
}

inline std::set<std::string> refused_with(const std::string& table, const std::string& old_text,
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

inline Source source_of(const Tables& tables, Rejects& rejects) {
  auto source = read_source(directory_with(tables), rejects);
  EXPECT_TRUE(source.has_value()) << source.error().detail;
  return source ? std::move(source).value() : Source{};
}

}  // namespace cartella::ops
