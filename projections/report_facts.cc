#include "projections/report_facts.h"

#include <set>

#include "base/local_time.h"
#include "projections/benefits.h"
#include "projections/intake_register.h"

namespace cartella::projections {
namespace {

using Readers = std::vector<std::unique_ptr<ViewReader>>;

constexpr std::size_t kPeople = 1;  // places in Readers; 0 is the organisation
constexpr std::size_t kCards = 2;
constexpr std::size_t kCases = 3;
constexpr std::size_t kBenefits = 4;

Status read_people(const ViewReader& view, const PassedOver& passed_over,
                   std::map<SubjectId, PersonTraits>& people) {
  return each_person(view, [&](const StreamId& stream, const PersonRecord& person) -> Status {
    if (passed_over(person.controller, person.subject, stream)) return ok();
    PersonTraits& traits = people[person.subject];
    if (traits.sex.empty()) traits.sex = person.sex;
    if (traits.birth_date == kNoDate) traits.birth_date = person.birth_date;
    for (const PersonIdentifier& identifier : person.identifiers)
      if (!traits.identifier || identifier.kind < *traits.identifier)
        traits.identifier = identifier.kind;
    return ok();
  });
}

Fact access_fact(const Organisation& organisation, const CardRecord& card) {
  Fact fact;
  fact.subject = card.subject;
  fact.ente = card.ente;
  fact.office = card.office;
  if (fact.ente.is_zero())
    if (const auto office = organisation.offices.find(card.office);
        office != organisation.offices.end())
      fact.ente = office->second.ente;
  fact.day = card.access_date;
  fact.mode = card.mode;
  fact.anonymous = card.anonymous;
  return fact;
}

Status read_cards(const ViewReader& view, FactKind kind, const PassedOver& passed_over,
                  ReportFacts& to) {
  return each_card(view, [&](const StreamId& stream, const CardRecord& card) -> Status {
    const Fact fact = access_fact(to.context.organisation, card);
    if (passed_over(ControllerId::from_view(fact.ente.view()), fact.subject, stream)) return ok();
    const auto add_labels = [&](const std::vector<UnitId>& labels) {
      for (const UnitId& label : labels) {
        to.facts.push_back(fact);
        to.facts.back().label = label;
      }
    };
    if (kind == FactKind::needs)
      add_labels(card.needs);
    else if (kind == FactKind::services)
      add_labels(card.services);
    else if (kind == FactKind::accesses || !card.anonymous)
      to.facts.push_back(fact);
    return ok();
  });
}

Fact case_fact(const CaseRecord& record) {
  Fact fact;
  fact.subject = record.subject;
  fact.ente = record.ente;
  fact.sector = record.sector;
  for (const CaseOperator& assigned : record.operators)
    if (fact.sector.is_zero() && assigned.responsible) fact.sector = assigned.sector;
  fact.day = local_day(TimeUs{record.opened_at_us}).days;
  fact.category = prevalent_category(record);
  fact.state = record.state;
  fact.state_changes = static_cast<std::int64_t>(record.state_changes);
  return fact;
}

Status read_cases(const ViewReader& view, const PassedOver& passed_over, ReportFacts& to) {
  return each_case(view, [&](const StreamId& stream, const CaseRecord& record) -> Status {
    if (!passed_over(record.controller, record.subject, stream))
      to.facts.push_back(case_fact(record));
    return ok();
  });
}

Status read_interviews(const ViewReader& view, const PassedOver& passed_over, ReportFacts& to) {
  std::map<StreamId, Fact> cases;
  std::set<StreamId> passed_cases;
  CARTELLA_TRY(each_case(view, [&](const StreamId& stream, const CaseRecord& record) -> Status {
    cases.emplace(stream, case_fact(record));
    if (passed_over(record.controller, record.subject, stream)) passed_cases.insert(stream);
    return ok();
  }));
  return each_case_item(view, [&](const StreamId& stream, const CaseItem& item) -> Status {
    if (item.type != schema::EventType::interview_recorded) return ok();
    const auto known = cases.find(stream);
    Fact fact = known == cases.end() ? Fact{} : known->second;
    const auto controller = ControllerId::from_view(fact.ente.view());
    if (passed_cases.contains(stream) || passed_over(controller, fact.subject, item.stream))
      return ok();
    fact.day = local_day(TimeUs{item.occurred_at_us}).days;
    fact.reserved = item.withheld;
    to.facts.push_back(std::move(fact));
    return ok();
  });
}

Status read_deliveries(const ViewReader& view, const PassedOver& passed_over, ReportFacts& to) {
  std::map<StreamId, BenefitRecord> benefits;
  CARTELLA_TRY(
      each_benefit(view, [&](const StreamId& stream, const BenefitRecord& benefit) -> Status {
        benefits.emplace(stream, benefit);
        return ok();
      }));
  return each_delivery(view, [&](const Delivery& delivery) -> Status {
    const auto known = benefits.find(delivery.benefit);
    if (known == benefits.end())
      return fail(Errc::corrupt, "the benefits view holds a delivery without its benefit");
    const BenefitRecord& benefit = known->second;
    if (!benefit.superseded_by.is_zero()) return ok();
    if (passed_over(benefit.controller, benefit.subject, delivery.benefit)) return ok();
    Fact fact;
    fact.subject = benefit.subject;
    fact.ente = benefit.paying_ente.is_zero() ? UnitId::from_view(benefit.controller.view())
                                              : benefit.paying_ente;
    fact.sector = benefit.sector;
    fact.day = delivery.delivered_on;
    fact.code = benefit.inps_code;
    fact.code_name = benefit.inps_name;
    fact.category = benefit.category;
    fact.cents = delivery.amount_cents;
    to.facts.push_back(std::move(fact));
    return ok();
  });
}

Status read_kind(const Readers& views, FactKind kind, const PassedOver& passed_over,
                 ReportFacts& to) {
  switch (kind) {
    case FactKind::people:
    case FactKind::accesses:
    case FactKind::needs:
    case FactKind::services: return read_cards(*views[kCards], kind, passed_over, to);
    case FactKind::cases: return read_cases(*views[kCases], passed_over, to);
    case FactKind::interviews: return read_interviews(*views[kCases], passed_over, to);
    case FactKind::deliveries: return read_deliveries(*views[kBenefits], passed_over, to);
  }
  return ok();
}

// ---- dimensions
// ----------------------------------------------------------------------------------
constexpr std::string_view kUnknownKey = "-";
constexpr std::string_view kUnknownLabel = "Non noto";

DimensionValue or_unknown(std::string key, std::string label) {
  if (key.empty()) return {std::string(kUnknownKey), std::string(kUnknownLabel)};
  if (label.empty()) label = key;
  return {std::move(key), std::move(label)};
}

template <class Map, class Id>
const typename Map::mapped_type* find_in(const Map& map, const Id& id) {
  const auto at = map.find(id);
  return at == map.end() ? nullptr : &at->second;
}

DimensionValue comune_value(const ReportContext& context, const Fact& fact) {
  const Ente* ente = find_in(context.organisation.enti, fact.ente);
  return or_unknown(comune_code(context, fact), ente != nullptr ? ente->name : std::string());
}
DimensionValue zone_value(const ReportContext& context, const Fact& fact) {
  const Ente* ente = find_in(context.organisation.enti, fact.ente);
  const Zone* zone = ente != nullptr ? find_in(context.organisation.zones, ente->zone) : nullptr;
  return or_unknown(zone_code(context, fact), zone != nullptr ? zone->name : std::string());
}
DimensionValue office_value(const ReportContext& context, const Fact& fact) {
  if (fact.office.is_zero()) return or_unknown({}, {});
  const Office* office = find_in(context.organisation.offices, fact.office);
  return or_unknown(fact.office.hex(), office != nullptr ? office->name : std::string());
}
DimensionValue sector_value(const ReportContext& context, const Fact& fact) {
  if (fact.sector.is_zero()) return or_unknown({}, {});
  const Sector* sector = find_in(context.organisation.sectors, fact.sector);
  return or_unknown(fact.sector.hex(), sector != nullptr ? sector->name : std::string());
}
DimensionValue month_value(const ReportContext&, const Fact& fact) {
  if (!fact.day) return or_unknown({}, {});
  return or_unknown(format_date(Date{*fact.day}).substr(0, 7), {});
}
DimensionValue mode_value(const ReportContext&, const Fact& fact) {
  return or_unknown(fact.mode, {});
}
DimensionValue anonymous_value(const ReportContext&, const Fact& fact) {
  return fact.anonymous ? DimensionValue{"anonymous", "Anonimo"}
                        : DimensionValue{"named", "Identificato"};
}
DimensionValue label_value(const ReportContext& context, const Fact& fact) {
  const Label* label = find_in(context.organisation.needs, fact.label);
  if (label == nullptr) label = find_in(context.organisation.services, fact.label);
  return or_unknown(label != nullptr ? label->label : fact.label.hex(), {});
}
DimensionValue state_value(const ReportContext&, const Fact& fact) {
  return or_unknown(case_state_label(fact.state), {});
}
DimensionValue category_value(const ReportContext& context, const Fact& fact) {
  const Label* category = find_in(context.organisation.categories, fact.category);
  return or_unknown(category != nullptr ? category->label : fact.category, {});
}
DimensionValue kind_value(const ReportContext&, const Fact& fact) {
  return fact.reserved ? DimensionValue{"riservato", "Riservato"}
                       : DimensionValue{"normale", "Normale"};
}
DimensionValue prestazione_value(const ReportContext&, const Fact& fact) {
  return or_unknown(fact.code, fact.code_name);
}
DimensionValue sex_value(const ReportContext& context, const Fact& fact) {
  const PersonTraits* person = find_in(context.people, fact.subject);
  if (person == nullptr) return or_unknown({}, {});
  return or_unknown(person->sex, person->sex == "F"   ? "Femmine"
                                 : person->sex == "M" ? "Maschi"
                                                      : std::string());
}

// Minors by school age, adults by the usual bands of social statistics.
struct AgeBand {
  int below = 0;
  std::string_view label;
};
constexpr AgeBand kAgeBands[] = {{3, "00-02"},  {6, "03-05"},  {11, "06-10"}, {14, "11-13"},
                                 {18, "14-17"}, {30, "18-29"}, {45, "30-44"}, {65, "45-64"},
                                 {75, "65-74"}, {200, "75+"}};

DimensionValue age_band_value(const ReportContext& context, const Fact& fact) {
  const PersonTraits* person = find_in(context.people, fact.subject);
  if (person == nullptr || person->birth_date == kNoDate || Date{person->birth_date} > context.at)
    return or_unknown({}, {});
  const int age = age_years(Date{person->birth_date}, context.at);
  for (const AgeBand& band : kAgeBands)
    if (age < band.below) return or_unknown(std::string(band.label), {});
  return or_unknown({}, {});
}

DimensionValue identifier_value(const ReportContext& context, const Fact& fact) {
  const PersonTraits* person = find_in(context.people, fact.subject);
  if (person == nullptr || !person->identifier) return {"none", "Nessuno"};
  const auto label = [&]() -> std::string {
    switch (*person->identifier) {
      case IdentifierKind::cf: return "Codice fiscale";
      case IdentifierKind::cf_provisional: return "Codice fiscale provvisorio";
      case IdentifierKind::stp: return "Codice STP";
      case IdentifierKind::eni: return "Codice ENI";
      case IdentifierKind::internal: return "Codice interno";
      case IdentifierKind::alias: return "Alias";
    }
    return {};
  };
  return or_unknown(std::string(identifier_kind_name(*person->identifier)), label());
}

constexpr Dimension kDimensions[] = {
    {"comune", "Comune", comune_value},
    {"zone", "Zona sociale", zone_value},
    {"office", "Ufficio", office_value},
    {"sector", "Settore", sector_value},
    {"month", "Mese", month_value},
    {"mode", "Modalità", mode_value},
    {"anonymous", "Anonimato", anonymous_value},
    {"label", "Voce", label_value},
    {"state", "Stato", state_value},
    {"category", "Categoria sociale", category_value},
    {"kind", "Tipo", kind_value},
    {"prestazione", "Prestazione", prestazione_value},
    {"sex", "Sesso", sex_value},
    {"age_band", "Fascia di età", age_band_value},
    {"identifier", "Identificativo", identifier_value},
};

}  // namespace

std::string comune_code(const ReportContext& context, const Fact& fact) {
  const Ente* ente = find_in(context.organisation.enti, fact.ente);
  return ente != nullptr ? ente->belfiore : std::string();
}

std::string zone_code(const ReportContext& context, const Fact& fact) {
  const Ente* ente = find_in(context.organisation.enti, fact.ente);
  const Zone* zone = ente != nullptr ? find_in(context.organisation.zones, ente->zone) : nullptr;
  return zone != nullptr ? zone->code : std::string();
}

const Dimension* find_dimension(std::string_view name) {
  for (const Dimension& dimension : kDimensions)
    if (dimension.name == name) return &dimension;
  return nullptr;
}

Result<ReportFacts> read_facts(const Engine& engine, FactKind kind, std::optional<Date> at,
                               const PassedOver& given) {
  const PassedOver passed_over =
      given ? given : [](const auto&, const auto&, const auto&) { return false; };
  CARTELLA_TRY(const Readers views,
               engine.views({kOrganisationView, kPersonIndexView, kIntakeRegisterView,
                             kCaseFileView, kBenefitsView}));
  ReportFacts all;
  CARTELLA_TRY(all.context.organisation, read_organisation(*views.front()));
  CARTELLA_TRY(read_people(*views[kPeople], passed_over, all.context.people));
  all.context.position = views.front()->position();
  all.context.at = at.value_or(local_day(TimeUs{views.front()->recorded_at_us()}));
  CARTELLA_TRY(read_kind(views, kind, passed_over, all));
  return all;
}

}  // namespace cartella::projections
