#include <algorithm>

#include "ops/import_stages.h"

namespace cartella::ops {

namespace {

// Definitions are the organisation of all: the lead ente answers for what belongs to no single one.
Index lead_ente(const Source& source) {
  const auto at = std::ranges::find(source.entes, true, &SourceEnte::lead);
  return at == source.entes.end() ? 0 : static_cast<Index>(at - source.entes.begin());
}

// When a row of the organisation was written is not told: it holds since before the data.
constexpr TimeUs kDefinedAt{946'684'800'000'000};  // 2000-01-01

struct Validity {
  std::optional<Date> from;
  std::optional<Date> to;
};

class Definer {
 public:
  explicit Definer(StageState& state) : x_state(state), x_lead(lead_ente(state.source)) {}

  void define(Index ente, const SourceRef& ref, const cases::Command& command,
              std::string_view part = "", const Validity& validity = {}) {
    cases::CommandContext context =
        x_state.run.context(x_state.controller(ente == kNoIndex ? x_lead : ente), ref, kDefinedAt);
    context.valid_from = validity.from;
    context.valid_to = validity.to;
    if (!part.empty())
      context.command_id =
          x_state.run.command_id(ref.table, std::to_string(ref.id) + '/' + std::string(part));
    x_state.run.execute(context, command, ref);
  }

 private:
  StageState& x_state;
  Index x_lead;
};

template <class Id, class Row>
void assign_ids(const ImportRun& run, const std::vector<Row>& rows, std::vector<Id>& ids) {
  for (const Row& row : rows) ids.push_back(run.id_of<Id>(row.ref.table, row.ref.id));
}

void assign_all_ids(StageState& state) {
  const Source& source = state.source;
  assign_ids(state.run, source.zones, state.zones);
  assign_ids(state.run, source.entes, state.entes);
  assign_ids(state.run, source.sectors, state.sectors);
  assign_ids(state.run, source.operators, state.operators);
  assign_ids(state.run, source.needs, state.needs);
  assign_ids(state.run, source.services, state.services);
  for (const SourceOffice& office : source.offices) {
    const std::string key =
        std::to_string(office.ref.id) + '/' + std::to_string(source.entes[office.ente].ref.id);
    state.offices.push_back(UnitId::from_view(state.run.command_id("id/SS_UFFICIO", key).view()));
  }
}

void define_units(StageState& state, Definer& definer) {
  const Source& source = state.source;
  for (Index i = 0; i < source.zones.size(); ++i)
    definer.define(kNoIndex, source.zones[i].ref,
                   cases::DefineZone{state.zones[i], source.zones[i].name,
                                     std::to_string(source.zones[i].ref.id)});
  for (Index i = 0; i < source.entes.size(); ++i) {
    const SourceEnte& ente = source.entes[i];
    const UnitId zone = ente.zone == kNoIndex ? UnitId{} : state.zones[ente.zone];
    definer.define(i, ente.ref,
                   cases::DefineEnte{state.entes[i], ente.name, ente.belfiore, zone, ente.lead,
                                     ente.export_code, ente.seat_code, ente.enabled});
  }
  for (Index i = 0; i < source.offices.size(); ++i) {
    const SourceOffice& office = source.offices[i];
    definer.define(office.ente, office.ref,
                   cases::DefineOffice{state.offices[i], office.name, state.entes[office.ente],
                                       office.needs_required, office.services_required,
                                       office.contact_point, office.enabled},
                   std::to_string(source.entes[office.ente].ref.id));
  }
  for (Index i = 0; i < source.sectors.size(); ++i) {
    const SourceSector& sector = source.sectors[i];
    cases::DefineSector command{state.sectors[i], sector.name, state.entes[sector.ente],
                                sector.second_level, sector.enabled};
    for (const Index category : sector.categories)
      command.categories.push_back(std::to_string(source.categories[category].ref.id));
    definer.define(sector.ente, sector.ref, command);
  }
}

void define_operators(StageState& state, Definer& definer) {
  const Source& source = state.source;
  for (Index i = 0; i < source.operators.size(); ++i)
    definer.define(kNoIndex, source.operators[i].ref,
                   cases::DefineOperator{state.operators[i], source.operators[i].username,
                                         source.operators[i].enabled},
                   "", {source.operators[i].from, source.operators[i].to});
  for (const SourceAssignment& assignment : source.assignments) {
    const Index ente = source.sectors[assignment.sector].ente;
    cases::DefineOperatorAssignment command{state.operators[assignment.worker],
                                            state.sectors[assignment.sector], assignment.role_group,
                                            false};
    const Validity validity{assignment.from, assignment.to};
    definer.define(ente, assignment.ref, command, "", validity);
    if (!assignment.to) continue;
    command.ended = true;
    definer.define(ente, assignment.ref, command, "end", validity);
  }
}

void define_labels(StageState& state, Definer& definer) {
  const Source& source = state.source;
  for (Index i = 0; i < source.needs.size(); ++i) {
    const SourceLabel& need = source.needs[i];
    definer.define(
        kNoIndex, need.ref,
        cases::DefineNeed{state.needs[i], need.label, need.group, need.flag, need.enabled});
  }
  for (Index i = 0; i < source.services.size(); ++i) {
    const SourceLabel& service = source.services[i];
    definer.define(
        kNoIndex, service.ref,
        cases::DefineService{state.services[i], service.label, service.flag, service.enabled});
  }
  for (const SourceLabel& category : source.categories)
    definer.define(
        kNoIndex, category.ref,
        cases::DefineCategory{std::to_string(category.ref.id), category.label, category.enabled});
}

}  // namespace

Status import_organisation(StageState& state) {
  assign_all_ids(state);
  Definer definer(state);
  define_labels(state, definer);  // a sector names the categories that it manages
  define_units(state, definer);
  define_operators(state, definer);
  return state.run.status();
}

}  // namespace cartella::ops
