#include "ops/demo_organisation.h"

namespace cartella::ops::demo {

namespace {

std::string text(std::uint64_t number) { return std::to_string(number); }

void write_labels(Tables& tables) {
  tables.header("SS_CLASSIFICAZIONE_MOTIVAZIONE", "ID;DESCRIZIONE;ABILITATO");
  constexpr std::array<std::string_view, 4> kClasses = {"Bisogno economico", "Bisogno abitativo",
                                                        "Non autosufficienza", "Famiglia e minori"};
  for (std::size_t i = 0; i < kClasses.size(); ++i)
    tables.row("SS_CLASSIFICAZIONE_MOTIVAZIONE", {text(i + 1), std::string(kClasses[i]), "1"});
  tables.header("SS_MOTIVAZIONE", "ID;MOTIVO;ECONOMICO;CLASSIFICAZIONE_ID;ABILITATO");
  for (std::size_t i = 0; i < kNeeds.size(); ++i)
    tables.row("SS_MOTIVAZIONE",
               {text(i + 1), std::string(kNeeds[i]), i < 2 ? "1" : "0", text(1 + i / 3), "1"});
  tables.header("SS_INTERVENTO", "ID;INTERVENTO;ABILITATO;ENTE_ESTERNO");
  for (std::size_t i = 0; i < kServices.size(); ++i)
    tables.row("SS_INTERVENTO", {text(i + 1), std::string(kServices[i]), "1", "0"});
  tables.header("CS_C_CATEGORIA_SOCIALE", "ID;DESCRIZIONE;ABILITATO");
  for (std::size_t i = 0; i < kCategories.size(); ++i)
    tables.row("CS_C_CATEGORIA_SOCIALE", {text(i + 1), std::string(kCategories[i]), "1"});
  tables.header("SS_TIPO_SCHEDA", "ID;TIPO;PRESA_IN_CARICO;SOLO_COMUNE;ABILITATO");
  tables.row("SS_TIPO_SCHEDA", {"1", "Informazione e orientamento", "0", "0", "1"});
  tables.row("SS_TIPO_SCHEDA", {"2", "Invio ad altro servizio", "0", "0", "1"});
  tables.row("SS_TIPO_SCHEDA", {"3", "Proposta di presa in carico", "1", "0", "1"});
  tables.header("CS_CFG_IT_STATO", "ID;NOME");
  for (const auto& [id, name] :
       {std::pair("1", "Aperto"), std::pair("2", "Chiuso"), std::pair("3", "Preso in carico"),
        std::pair("4", "Segnalato"), std::pair("6", "Riaperto"), std::pair("10", "Segnalato ente"),
        std::pair("11", "Segnalato operatore")})
    tables.row("CS_CFG_IT_STATO", {id, name});
  tables.header("CS_TB_TIPO_DIARIO", "ID;DESCRIZIONE;ABILITATO");
  tables.row("CS_TB_TIPO_DIARIO", {"1", "cambio stato", "1"});
  tables.row("CS_TB_TIPO_DIARIO", {"5", "colloquio", "1"});
}

void write_comune(const Comune& comune, std::size_t id, Tables& tables) {
  tables.row("CS_O_ORGANIZZAZIONE", {text(id), "Comune di " + comune.name, "1", comune.belfiore,
                                     comune.belfiore, std::to_string(comune.zone),
                                     comune.lead ? "1" : "0", comune.belfiore, comune.belfiore});
  tables.row("SS_UFFICIO",
             {text(id), "Ufficio della Cittadinanza di " + comune.name, "1", "1", "0"});
  tables.row("SS_PUNTO_CONTATTO", {text(id), "Sportello", "1"});
  tables.row("SS_REL_UFF_PCONT_ORG", {text(id), text(id), text(id), "1"});
}

}  // namespace

Organisation write_organisation(World& world, Tables& tables) {
  write_labels(tables);
  tables.header("CS_O_ZONA_SOC", "ID;ABILITATO;NOME;COD_ISTAT_REGIONE");
  for (int zone = 1; zone <= 3; ++zone)
    tables.row("CS_O_ZONA_SOC",
               {std::to_string(zone), "1", "Zona Sociale " + std::to_string(zone), "12"});
  tables.header("CS_O_ORGANIZZAZIONE",
                "ID;NOME;ABILITATO;COD_ROUTING;COD_CATASTALE;ZONA_SOC_ID;FLAG_CAPOFILA;"
                "COD_EXPORT_FLUSSO;COD_SEDE_LEGALE");
  tables.header("SS_UFFICIO", "ID;NOME;ABILITATO;REQ_BISOGNI;REQ_SERVIZI");
  tables.header("SS_PUNTO_CONTATTO", "ID;NOME;ABILITATO");
  tables.header("SS_REL_UFF_PCONT_ORG", "UFFICIO_ID;PUNTO_CONTATTO_ID;ORGANIZZAZIONE_ID;ABILITATO");
  tables.header("CS_O_SETTORE", "ID;NOME;ORGANIZZAZIONE_ID;ABILITATO;ID_SECONDO_LIVELLO");
  tables.header("CS_O_OPERATORE", "ID;USERNAME;ABILITATO;DATA_INIZIO_VAL;DATA_FINE_VAL");
  tables.header("CS_O_OPERATORE_SETTORE",
                "ID;OPERATORE_ID;SETTORE_ID;DATA_INIZIO_APP;DATA_FINE_APP;AM_GROUP");

  Organisation organisation;
  std::size_t sectors = 0;
  for (std::size_t i = 0; i < world.comuni.size(); ++i) {
    write_comune(world.comuni[i], i + 1, tables);
    auto& of_comune = organisation.sectors_of.emplace_back();
    auto& workers = organisation.workers_of.emplace_back();
    for (const char* name : {"Servizio Sociale Professionale", "Ufficio della Cittadinanza"}) {
      const std::size_t sector = ++sectors;
      of_comune.push_back(sector);
      tables.row("CS_O_SETTORE", {text(sector), name, text(i + 1), "1", ""});
      const std::size_t id = organisation.workers.size() + 1;
      const std::string number = text(id);
      const std::string username = "addetto" + std::string(3 - number.size(), '0') + number;
      workers.push_back(id);
      organisation.workers.push_back({username, sector, i});
      tables.row("CS_O_OPERATORE", {number, username, "1", "2020-01-01", "9999-12-31"});
      tables.row("CS_O_OPERATORE_SETTORE", {number, number, text(sector), "2020-01-01",
                                            "9999-12-31", "CSOCIALE_RESPONSABILE"});
    }
  }
  return organisation;
}

}  // namespace cartella::ops::demo
