
#include "ops/exit_code.h"
#include "ops/question.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

namespace views = projections;

std::string active(bool enabled) { return enabled ? "sì" : "no"; }

Table zones_table(const views::Organisation& all) {
  Table table{"zones", "Zone sociali", {"Codice", "Zona", "Id"}, {"code", "name", "id"}, {}};
  for (const auto& [id, zone] : all.zones) table.rows.push_back({zone.code, zone.name, id.hex()});
  return table;
}

Table enti_table(const views::Organisation& all) {
  Table table{"enti",
              "Enti",
              {"Belfiore", "Ente", "Zona", "Capofila", "Attivo", "Id"},
              {"belfiore", "name", "zone", "lead", "enabled", "id"},
              {}};
  for (const auto& [id, ente] : all.enti) {
    const auto zone = all.zones.find(ente.zone);
    table.rows.push_back({ente.belfiore, ente.name,
                          zone == all.zones.end() ? std::string() : zone->second.name,
                          active(ente.lead), active(ente.enabled), id.hex()});
  }
  return table;
}

Table offices_table(const views::Organisation& all) {
  Table table{"offices",
              "Uffici del segretariato sociale",
              {"Ufficio", "Ente", "Punto di contatto", "Attivo", "Id"},
              {"name", "ente", "contact_point", "enabled", "id"},
              {}};
  for (const auto& [id, office] : all.offices)
    table.rows.push_back({office.name, unit_name(all, office.ente), office.contact_point,
                          active(office.enabled), id.hex()});
  return table;
}

Table sectors_table(const views::Organisation& all) {
  Table table{"sectors",
              "Settori",
              {"Settore", "Ente", "Secondo livello", "Categorie", "Attivo", "Id"},
              {"name", "ente", "second_level", "categories", "enabled", "id"},
              {}};
  for (const auto& [id, sector] : all.sectors) {
    std::string categories = sector.categories.empty() ? "tutte" : "";
    for (const std::string& code : sector.categories)
      categories += (categories.empty() ? "" : ", ") + code;
    table.rows.push_back({sector.name, unit_name(all, sector.ente), sector.second_level, categories,
                          active(sector.enabled), id.hex()});
  }
  return table;
}

Table operators_table(const views::Organisation& all) {
  Table table{"operators",
              "Operatori e incarichi",
              {"Operatore", "Attivo", "Settore", "Ruolo", "Incarico cessato", "Id"},
              {"username", "enabled", "sector", "role_group", "ended", "id"},
              {}};
  for (const auto& [id, worker] : all.operators) {
    bool assigned = false;
    for (const auto& each : all.assignments) {
      if (each.operator_id != id) continue;
      assigned = true;
      table.rows.push_back({worker.username, active(worker.enabled), unit_name(all, each.sector),
                            each.role_group, active(each.ended), id.hex()});
    }
    if (!assigned)
      table.rows.push_back({worker.username, active(worker.enabled), std::string(), std::string(),
                            std::string(), id.hex()});
  }
  return table;
}

std::string day_text(std::int32_t days, std::int32_t absent) {
  return days == absent ? std::string() : format_date(Date{days});
}

Table roles_table(const views::Organisation& all) {
  Table table{"roles",
              "Ruoli",
              {"Operatore", "Ruolo", "Unità", "Dal", "Al", "Atto", "Revocato"},
              {"username", "role", "unit", "from", "to", "act", "revoked"},
              {}};
  for (const auto& each : all.roles) {
    const auto worker = all.operators.find(each.operator_id);
    table.rows.push_back(
        {worker == all.operators.end() ? each.operator_id.hex() : worker->second.username,
         each.role, each.unit.is_zero() ? std::string("tutto l'ambito") : unit_name(all, each.unit),
         day_text(each.from, INT32_MIN), day_text(each.to, INT32_MAX), each.act,
         active(each.revoked)});
  }
  return table;
}

Table labels_table(const char* name, const char* title,
                   const std::map<UnitId, views::Label>& labels) {
  Table table{name, title, {"Voce", "Gruppo", "Attiva"}, {"label", "group", "enabled"}, {}};
  for (const auto& [id, each] : labels)
    table.rows.push_back({each.label, each.group, active(each.enabled)});
  return table;
}

Table categories_table(const views::Organisation& all) {
  Table table{"categories",
              "Categorie sociali",
              {"Codice", "Categoria", "Attiva"},
              {"code", "label", "enabled"},
              {}};
  for (const auto& [code, each] : all.categories)
    table.rows.push_back({code, each.label, active(each.enabled)});
  return table;
}

}  // namespace

Result<int> run_organisation(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_views(options, console));
  CARTELLA_TRY(auto all, views::read_organisation(workspace->engine()));
  if (options.format == Format::table) console.out << "Ambito: " << all.ambito.name << "\n\n";
  print_tables(console.out,
               {zones_table(all), enti_table(all), offices_table(all), sectors_table(all),
                operators_table(all), roles_table(all), labels_table("needs", "Bisogni", all.needs),
                labels_table("services", "Servizi", all.services), categories_table(all)},
               options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
