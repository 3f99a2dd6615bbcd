#include "ops/import_columns.h"

#include <algorithm>
#include <array>
#include <vector>

#include "ops/csv.h"
#include "store/file_io.h"

namespace cartella::ops {

namespace {

// Columns by name, parted by spaces. The two tables of names for ids that the predecessor fixes in
// its code stand here, too: our own code lists have those names.
struct KnownTable {
  std::string_view name;
  std::string_view columns;
};
constexpr std::array kTables = {
    KnownTable{"CS_A_ANAGRAFICA",
               "ID CF COGNOME NOME DATA_NASCITA DATA_DECESSO SESSO CITTADINANZA STATO_CIVILE "
               "COMUNE_NASCITA_COD STATO_NASCITA_COD ALIAS TEL CELL EMAIL NOTE"},
    KnownTable{"CS_A_CASO", "ID IDENTIFICATIVO NOTE DT_INS USER_INS"},
    KnownTable{"CS_A_SOGGETTO", "ANAGRAFICA_ID CASO_ID"},
    KnownTable{"CS_A_SOGGETTO_CATEGORIA_SOC",
               "SOGGETTO_ANAGRAFICA_ID CATEGORIA_SOCIALE_ID PREVALENTE DATA_INIZIO_APP "
               "DATA_FINE_APP USER_INS"},
    KnownTable{"CS_CFG_IT_STATO", "ID NOME"},
    KnownTable{"CS_C_CATEGORIA_SOCIALE", "ID DESCRIZIONE ABILITATO"},
    KnownTable{"CS_D_COLLOQUIO", "DIARIO_ID TESTO_DIARIO RISERVATO DIARIO_CON_CHI_ALTRO"},
    KnownTable{"CS_D_DIARIO",
               "ID CASO_ID TIPO_DIARIO_ID OPERATORE_SETTORE_ID DT_AMMINISTRATIVA DT_INS USER_INS "
               "VIS_SECONDO_LIVELLO"},
    KnownTable{"CS_IT_STEP",
               "ID CASO_ID CFG_IT_STATO_ID DIARIO_ID OPERATORE_ID SETTORE_ID ORGANIZZAZIONE_ID "
               "OPERATORE_TO SETTORE_ID_TO ORGANIZZAZIONE_ID_TO NOTA"},
    KnownTable{"CS_I_INTERVENTO_ESEG",
               "ID INTERVENTO_ESEG_MAST_ID DATA_ESECUZIONE DATA_ESECUZIONE_A DATA_EVENTO SPESA "
               "COMPART_UTENTI COMPART_SSN COMPART_ALTRE STATO_ID OPERATORE_SETTORE_ID DT_INS "
               "USER_INS"},
    KnownTable{"CS_I_INTERVENTO_ESEG_MAST",
               "ID TIPO_INTERVENTO_ID TIPO_INTERVENTO_CUSTOM_ID CATEGORIA_SOCIALE_ID "
               "TIPO_BENEFICIARIO SETTORE_EROGANTE_ID OPERATORE_SETTORE_ID PROT_DOM_PREST "
               "DATA_DOM_PREST DT_INS USER_INS"},
    KnownTable{"CS_I_INTERVENTO_ESEG_MAST_SOGG", "INT_ESEG_MAST_ID CASO_ID CF FLAG_RIFERIMENTO"},
    KnownTable{"CS_I_PS",
               "ID INT_ESEG_MAST_ID COD_PRESTAZIONE DENOM_PRESTAZIONE CARATTERE FLAG_PROVA_MEZZI "
               "FLAG_IN_CARICO PREFIX_PROT_DSU NUM_PROT_DSU PROG_PROT_DSU ANNO_PROT_DSU DATA_DSU"},
    KnownTable{"CS_O_OPERATORE", "ID USERNAME ABILITATO DATA_INIZIO_VAL DATA_FINE_VAL"},
    KnownTable{"CS_O_OPERATORE_SETTORE",
               "ID OPERATORE_ID SETTORE_ID DATA_INIZIO_APP DATA_FINE_APP AM_GROUP"},
    KnownTable{"CS_O_ORGANIZZAZIONE",
               "ID NOME ABILITATO COD_ROUTING COD_CATASTALE ZONA_SOC_ID FLAG_CAPOFILA "
               "COD_EXPORT_FLUSSO COD_SEDE_LEGALE"},
    KnownTable{"CS_O_SETTORE", "ID NOME ORGANIZZAZIONE_ID ABILITATO ID_SECONDO_LIVELLO"},
    KnownTable{"CS_O_ZONA_SOC", "ID NOME"},
    KnownTable{"CS_REL_SETTORE_CATSOC", "SETTORE_ID CATEGORIA_SOCIALE_ID ABILITATO"},
    KnownTable{"CS_SS_SCHEDA_SEGR", "SCHEDA_ID SOGGETTO_ID STATO USER_INS"},
    KnownTable{"CS_TB_TIPO_DIARIO", "ID DESCRIZIONE ABILITATO"},
    KnownTable{"SS_ANAGRAFICA",
               "ID CF COGNOME NOME DATA_NASCITA DATA_DECESSO SESSO CITTADINANZA STATO_CIVILE "
               "COMUNE_NASCITA_COD STATO_NASCITA_COD ALIAS"},
    KnownTable{"SS_CLASSIFICAZIONE_MOTIVAZIONE", "ID DESCRIZIONE"},
    KnownTable{"SS_INTERVENTI_SCHEDE", "ID INTERVENTO_ID SCHEDA_INTERVENTI_ID"},
    KnownTable{"SS_INTERVENTO", "ID INTERVENTO ABILITATO ENTE_ESTERNO"},
    KnownTable{"SS_MOTIVAZIONE", "ID MOTIVO ECONOMICO CLASSIFICAZIONE_ID ABILITATO"},
    KnownTable{"SS_MOTIVAZIONI_SCHEDE", "ID MOTIVAZIONE_ID SCHEDA_MOTIVAZIONE_ID"},
    KnownTable{"SS_PUNTO_CONTATTO", "ID NOME"},
    KnownTable{"SS_REL_UFF_PCONT_ORG", "UFFICIO_ID PUNTO_CONTATTO_ID ORGANIZZAZIONE_ID"},
    KnownTable{"SS_SCHEDA",
               "ID IDENTIFICATIVO ACCESSO_ID SEGNALATO_ID MOTIVAZIONE_ID INTERVENTI_ID COMPLETA "
               "ELIMINATA TIPO DT_INS USER_INS"},
    KnownTable{"SS_SCHEDA_ACCESSO",
               "ID DATA MODALITA OPERATORE INTERLOCUTORE MOTIVO MOTIVO_DESC "
               "UTENTE_PRESENTE_INFORMATO REL_UPO_UFFICIO_ID REL_UPO_PUNTO_CONTATTO_ID "
               "REL_UPO_ORGANIZZAZIONE_ID"},
    KnownTable{"SS_SCHEDA_INTERVENTI", "ID ALTRO"},
    KnownTable{"SS_SCHEDA_MOTIVAZIONE", "ID ALTRO"},
    KnownTable{"SS_SCHEDA_SEGNALATO", "ID ANAGRAFICA_ID TELEFONO CEL EMAIL SENZA_FISSA_DIMORA"},
    KnownTable{"SS_TIPO_SCHEDA", "ID TIPO PRESA_IN_CARICO SOLO_COMUNE"},
    KnownTable{"SS_UFFICIO", "ID NOME ABILITATO REQ_BISOGNI REQ_SERVIZI"},
};

bool is_listed(std::string_view columns, std::string_view name) {
  while (!columns.empty()) {
    const std::size_t end = std::min(columns.find(' '), columns.size());
    if (columns.substr(0, end) == name) return true;
    columns.remove_prefix(std::min(end + 1, columns.size()));
  }
  return false;
}

void warn(Rejects& rejects, const std::string& table, std::string_view column,
          std::string_view reason) {
  rejects.add(
      {table + ".csv", 0, table, std::string(column), Severity::warning, std::string(reason)});
}

// Reads on only while some unread column has shown no value yet.
Status warn_of_columns(CsvReader& reader, const KnownTable& known, Rejects& rejects) {
  std::vector<std::size_t> unread;
  for (std::size_t i = 0; i < reader.header().size(); ++i)
    if (!is_listed(known.columns, reader.header()[i])) unread.push_back(i);
  CsvRow row;
  while (!unread.empty()) {
    CARTELLA_TRY(const bool found, reader.next(row));
    if (!found) return ok();
    if (!row.fault.empty()) continue;
    std::erase_if(unread, [&](std::size_t column) {
      if (row.fields[column].empty()) return false;
      warn(rejects, std::string(known.name), reader.header()[column], "unread_column");
      return true;
    });
  }
  return ok();
}

Status warn_of_file(const std::filesystem::path& file, Rejects& rejects) {
  const std::string table = file.stem().string();
  const auto known = std::ranges::find(kTables, table, &KnownTable::name);
  auto reader = CsvReader::open(file);
  if (known != kTables.end()) {
    if (!reader) return reader.error();
    return warn_of_columns(reader.value(), *known, rejects);
  }
  // A table that we do not know may be no table at all: it is told all the same.
  bool has_rows = true;
  CsvRow row;
  const Result<bool> first = reader ? reader.value().next(row) : Result<bool>(reader.error());
  if (first)
    has_rows = first.value();
  else if (first.error().code == Errc::io)
    return first.error();
  if (has_rows) warn(rejects, table, "", "unread_table");
  return ok();
}

}  // namespace

Status warn_of_unread(const std::filesystem::path& dir, Rejects& rejects) {
  CARTELLA_TRY(const auto names, store::names_in(dir));
  for (const std::string& name : names) {
    if (std::filesystem::path(name).extension() != ".csv") continue;
    CARTELLA_TRY(warn_of_file(dir / name, rejects));
  }
  return ok();
}

}  // namespace cartella::ops
