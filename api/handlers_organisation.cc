// The organisation as people choose from it, the national code lists, the mandates of auditors.
#include "api/gated.h"
#include "api/handlers.h"
#include "api/json_views.h"
#include "api/page.h"
#include "schema/code_lists.h"

namespace cartella::api {

namespace {

template <class Map, class Fill>
JsonArray units(const Map& from, std::string_view id_name, Fill fill) {
  JsonArray all;
  for (const auto& [id, one] : from) {
    JsonObject to;
    to[id_name] = id.hex();
    fill(to, one);
    all.push_back(std::move(to));
  }
  return all;
}

void fill_need(JsonObject& to, const views::Label& label) {
  to["label"] = label.label;
  put(to, "need_class", label.group);
  to["economic"] = label.flag;
  to["enabled"] = label.enabled;
}

void fill_service(JsonObject& to, const views::Label& label) {
  to["label"] = label.label;
  to["external"] = label.flag;
  to["enabled"] = label.enabled;
}

JsonArray categories_json(const views::Organisation& all) {
  JsonArray to;
  for (const auto& [code, label] : all.categories) {
    JsonObject one;
    one["category"] = code;
    one["label"] = label.label;
    one["enabled"] = label.enabled;
    to.push_back(std::move(one));
  }
  return to;
}

JsonArray assignments_json(const views::Organisation& all) {
  JsonArray to;
  for (const auto& each : all.assignments) {
    JsonObject one;
    one["operator_id"] = each.operator_id.hex();
    one["sector"] = each.sector.hex();
    put(one, "role_group", each.role_group);
    one["ended"] = each.ended;
    to.push_back(std::move(one));
  }
  return to;
}

JsonArray grants_json(const views::Organisation& all) {
  JsonArray to;
  for (const auto& each : all.roles) {
    if (each.revoked) continue;
    JsonObject one;
    one["operator_id"] = each.operator_id.hex();
    one["role"] = each.role;
    put(one, "unit", each.unit);
    put_day(one, "from", each.from);
    put_day(one, "to", each.to);
    put(one, "act", each.act);
    to.push_back(std::move(one));
  }
  return to;
}

struct ListName {
  std::string_view name;
  std::string_view title;
  std::optional<schema::CodeList> list;  // absent: comuni, states or benefits
};
constexpr ListName kLists[] = {
    {"sex", "Sesso", schema::CodeList::sex},
    {"civil-status", "Stato civile", schema::CodeList::civil_status},
    {"citizenship", "Cittadinanza", schema::CodeList::citizenship},
    {"case-state", "Stato del caso", schema::CodeList::case_state},
    {"card-mode", "Modalità di accesso", schema::CodeList::card_mode},
    {"card-motive", "Motivo dell'accesso", schema::CodeList::card_motive},
    {"card-interlocutor", "Interlocutore", schema::CodeList::card_interlocutor},
    {"social-category", "Categoria sociale", schema::CodeList::social_category},
    {"in-charge", "Presa in carico", schema::CodeList::in_charge},
    {"benefit-character", "Carattere della prestazione", schema::CodeList::benefit_character},
    {"beneficiary", "Beneficiario", schema::CodeList::beneficiary},
    {"user-area", "Area di utenza", schema::CodeList::user_area},
    {"comuni", "Comuni italiani", std::nullopt},
    {"states", "Stati esteri", std::nullopt},
    {"benefits", "Prestazioni INPS", std::nullopt},
};

template <class Entry>
void add_code(JsonArray& to, std::string_view code, std::string_view label, const Entry& entry) {
  JsonObject one;
  one["code"] = code;
  one["label"] = label;
  put_day(one, "valid_from", entry.validity.from.days);
  put_day(one, "valid_to", entry.validity.to.days);
  to.push_back(std::move(one));
}

JsonArray codes_json(const ListName& list) {
  JsonArray all;
  if (list.list) {
    for (const auto& each : schema::codes(*list.list)) add_code(all, each.code, each.label, each);
  } else if (list.name == "comuni") {
    for (const auto& each : schema::comuni()) add_code(all, each.belfiore, each.name, each);
  } else if (list.name == "states") {
    for (const auto& each : schema::states()) add_code(all, each.belfiore, each.name, each);
  } else {
    for (const auto& each : schema::benefit_codes()) add_code(all, each.code, each.label, each);
  }
  return all;
}

std::string_view standing_word(const cases::OrganisationState::Mandate& mandate, Date today) {
  using Standing = cases::OrganisationState::Mandate::Standing;
  if (mandate.standing == Standing::refused) return "refused";
  if (mandate.to < today) return "expired";
  return mandate.standing == Standing::granted ? "granted" : "proposed";
}

}  // namespace

Result<Answer> read_organisation_file(Call& call) {
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonObject body;
  body["position"] = call.service.store.size();
  body["log_id"] = to_hex(call.service.store.eras().current().bytes);
  JsonObject ambito;
  ambito["name"] = names->ambito.name;
  ambito["slug"] = names->ambito.slug;
  ambito["mode"] = names->ambito.mode;
  put(ambito, "region_istat", names->ambito.region_istat);
  body["ambito"] = std::move(ambito);
  body["zones"] = units(names->zones, "zone", [](JsonObject& to, const views::Zone& zone) {
    to["name"] = zone.name;
    put(to, "code", zone.code);
  });
  body["enti"] = units(names->enti, "ente", [](JsonObject& to, const views::Ente& ente) {
    to["name"] = ente.name;
    put(to, "belfiore", ente.belfiore);
    put(to, "zone", ente.zone);
    put(to, "export_code", ente.export_code);
    put(to, "seat_code", ente.seat_code);
    to["lead"] = ente.lead;
    to["enabled"] = ente.enabled;
  });
  body["offices"] =
      units(names->offices, "office", [](JsonObject& to, const views::Office& office) {
        to["name"] = office.name;
        put(to, "ente", office.ente);
        to["needs_required"] = office.needs_required;
        to["services_required"] = office.services_required;
        put(to, "contact_point", office.contact_point);
        to["enabled"] = office.enabled;
      });
  body["sectors"] =
      units(names->sectors, "sector", [](JsonObject& to, const views::Sector& sector) {
        to["name"] = sector.name;
        put(to, "ente", sector.ente);
        put(to, "second_level", sector.second_level);
        to["categories"] = texts_json(sector.categories);
        to["enabled"] = sector.enabled;
      });
  body["operators"] =
      units(names->operators, "operator_id", [](JsonObject& to, const views::Operator& worker) {
        to["username"] = worker.username;
        to["enabled"] = worker.enabled;
      });
  body["needs"] = units(names->needs, "need", fill_need);
  body["services"] = units(names->services, "service", fill_service);
  body["categories"] = categories_json(*names);
  body["assignments"] = assignments_json(*names);
  body["grants"] = grants_json(*names);
  return json_answer(200, std::move(body).text());
}

Result<Answer> list_code_lists(Call&) {
  JsonArray items;
  for (const ListName& list : kLists) {
    JsonObject one;
    one["list"] = list.name;
    one["label"] = list.title;
    one["count"] = codes_json(list).size();
    items.push_back(std::move(one));
  }
  return json_answer(200, list_body(std::move(items)));
}

Result<Answer> read_code_list(Call& call) {
  const std::string_view wanted = call.path_value("list");
  for (const ListName& list : kLists) {
    if (list.name != wanted) continue;
    CARTELLA_TRY(const auto page, page_of(call, "codes"));
    const JsonArray all = codes_json(list);
    JsonArray items;
    for (std::size_t i = page.from; i < all.size() && items.size() < page.limit; ++i)
      items.push_back(all[i]);
    const std::size_t end = page.from + items.size();
    JsonObject body;
    body["list"] = list.name;
    body["label"] = list.title;
    body["items"] = std::move(items);
    if (end < all.size()) body["next_cursor"] = page.cursor_at(call, end);
    return json_answer(200, std::move(body).text());
  }
  return fail(Errc::not_found, "nessuna lista con questo nome");
}

Result<Answer> list_audit_mandates(Call& call) {
  JsonArray items;
  for (const auto& [id, mandate] : call.organisation->mandates) {
    const bool is_own = mandate.auditor == call.viewer.operator_id;
    if (call.viewer.acting_as.role == cases::Role::auditor && !is_own) continue;
    // Whom another titolare has looked into is not told here.
    const bool is_of_ambito = call.viewer.acting_as.ente.is_zero();
    if (!is_own && !is_of_ambito && mandate.controller != call.viewer.controller) continue;
    JsonObject one;
    one["mandate"] = id.hex();
    one["act"] = mandate.act;
    one["auditor"] = mandate.auditor.hex();
    one["cases"] = ids_json(mandate.cases);
    one["subjects"] = ids_json(mandate.subjects);
    one["sections"] = JsonArray(mandate.sections.begin(), mandate.sections.end());
    put_day(one, "from", mandate.from.days);
    put_day(one, "to", mandate.to.days);
    put(one, "proposed_by", mandate.proposed_by);
    one["state"] = standing_word(mandate, call.today);
    items.push_back(std::move(one));
  }
  return json_answer(200, list_body(std::move(items)));
}

}  // namespace cartella::api
