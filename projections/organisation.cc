#include "projections/organisation.h"

#include "projections/apply.h"

namespace cartella::projections {
namespace {

using schema::EventType;
using schema::id_from;
using schema::text_of;

// Kinds of rows: the first letter of their key.
constexpr char kAmbito = 'a';
constexpr char kZone = 'z';
constexpr char kEnte = 'e';
constexpr char kOffice = 'o';
constexpr char kSector = 's';
constexpr char kOperator = 'p';
constexpr char kAssignment = 'm';
constexpr char kRole = 'r';
constexpr char kNeed = 'n';
constexpr char kService = 'v';
constexpr char kCategory = 'c';

template <class Row>
Status put_unit(ViewWriter& rows, char kind, capnp::Data::Reader id, const Row& row) {
  CARTELLA_TRY(const auto unit, id_from<UnitId>(id));
  rows.put(RowKey(kind).id(unit).take(), encode_row(row));
  return ok();
}

Status apply_unit(const DecodedEvent& event, ViewWriter& rows) {
  switch (event.type()) {
    case EventType::ambito_defined:
      return with_body_of<schema::AmbitoDefined>(event, [&](auto body) -> Status {
        rows.put(std::string(1, kAmbito),
                 encode_row(Ambito{text_of(body.getName()), text_of(body.getSlug()),
                                   text_of(body.getRegionIstat()), text_of(body.getMode())}));
        return ok();
      });
    case EventType::zone_defined:
      return with_body_of<schema::ZoneDefined>(event, [&](auto body) -> Status {
        return put_unit(rows, kZone, body.getZone(),
                        Zone{text_of(body.getName()), text_of(body.getCode())});
      });
    case EventType::ente_defined:
      return with_body_of<schema::EnteDefined>(event, [&](auto body) -> Status {
        CARTELLA_TRY(const auto zone, id_from<UnitId>(body.getZone()));
        return put_unit(
            rows, kEnte, body.getEnte(),
            Ente{text_of(body.getName()), text_of(body.getBelfiore()), zone, body.getLead(),
                 text_of(body.getExportCode()), text_of(body.getSeatCode()), body.getEnabled()});
      });
    case EventType::office_defined:
      return with_body_of<schema::OfficeDefined>(event, [&](auto body) -> Status {
        CARTELLA_TRY(const auto ente, id_from<UnitId>(body.getEnte()));
        return put_unit(
            rows, kOffice, body.getOffice(),
            Office{text_of(body.getName()), ente, body.getNeedsRequired(),
                   body.getServicesRequired(), text_of(body.getContactPoint()), body.getEnabled()});
      });
    case EventType::sector_defined:
      return with_body_of<schema::SectorDefined>(event, [&](auto body) -> Status {
        CARTELLA_TRY(const auto ente, id_from<UnitId>(body.getEnte()));
        Sector sector{text_of(body.getName()), ente, text_of(body.getSecondLevel()),
                      body.getEnabled()};
        for (const auto category : body.getCategories())
          sector.categories.push_back(text_of(category));
        return put_unit(rows, kSector, body.getSector(), sector);
      });
    default: return ok();
  }
}

Status apply_operator(const DecodedEvent& event, ViewWriter& rows) {
  if (event.type() == EventType::operator_defined)
    return with_body_of<schema::OperatorDefined>(event, [&](auto body) -> Status {
      return put_unit(rows, kOperator, body.getOperator(),
                      Operator{text_of(body.getUsername()), body.getEnabled()});
    });
  return with_body_of<schema::OperatorAssigned>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto operator_id, id_from<OperatorId>(body.getOperator()));
    CARTELLA_TRY(const auto sector, id_from<UnitId>(body.getSector()));
    rows.put(
        RowKey(kAssignment).id(operator_id).id(sector).take(),
        encode_row(Assignment{operator_id, sector, text_of(body.getRoleGroup()), body.getEnded()}));
    return ok();
  });
}

std::string role_key(const OperatorId& worker, const UnitId& unit, std::string_view role) {
  return RowKey(kRole).id(worker).id(unit).text(role).take();
}

Status apply_role(const DecodedEvent& event, ViewWriter& rows) {
  if (event.type() == EventType::role_granted)
    return with_body_of<schema::RoleGranted>(event, [&](auto body) -> Status {
      RoleGrant grant;
      CARTELLA_TRY(grant.operator_id, id_from<OperatorId>(body.getOperator()));
      CARTELLA_TRY(grant.unit, id_from<UnitId>(body.getUnit()));
      CARTELLA_TRY(grant.granted_by, id_from<OperatorId>(body.getGrantedBy()));
      grant.role = text_of(body.getRole());
      if (const auto from = schema::date_from(body.getFrom())) grant.from = from->days;
      if (const auto to = schema::date_from(body.getTo())) grant.to = to->days;
      grant.act = text_of(body.getAct());
      rows.put(role_key(grant.operator_id, grant.unit, grant.role), encode_row(grant));
      return ok();
    });
  return with_body_of<schema::RoleRevoked>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto worker, id_from<OperatorId>(body.getOperator()));
    CARTELLA_TRY(const auto unit, id_from<UnitId>(body.getUnit()));
    const std::string key = role_key(worker, unit, text_of(body.getRole()));
    CARTELLA_TRY(const auto known, rows.read(key));
    if (!known) return ok();
    CARTELLA_TRY(auto grant, decode_row<RoleGrant>(*known));
    grant.revoked = true;
    rows.put(key, encode_row(grant));
    return ok();
  });
}

Status apply_label(const DecodedEvent& event, ViewWriter& rows) {
  switch (event.type()) {
    case EventType::need_defined:
      return with_body_of<schema::NeedDefined>(event, [&](auto body) -> Status {
        return put_unit(rows, kNeed, body.getNeed(),
                        Label{{},
                              text_of(body.getLabel()),
                              text_of(body.getClass()),
                              body.getEconomic(),
                              body.getEnabled()});
      });
    case EventType::service_defined:
      return with_body_of<schema::ServiceDefined>(event, [&](auto body) -> Status {
        return put_unit(
            rows, kService, body.getService(),
            Label{{}, text_of(body.getLabel()), {}, body.getExternal(), body.getEnabled()});
      });
    case EventType::category_defined:
      return with_body_of<schema::CategoryDefined>(event, [&](auto body) -> Status {
        const std::string code = text_of(body.getCategory());
        rows.put(RowKey(kCategory).text(code).take(),
                 encode_row(Label{code, text_of(body.getLabel()), {}, false, body.getEnabled()}));
        return ok();
      });
    default: return ok();
  }
}

class OrganisationProjection final : public Projection {
 public:
  std::string_view name() const override { return kOrganisationView; }
  std::uint32_t version() const override { return 3; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    if (!event.readable) return ok();
    switch (event.type()) {
      case EventType::operator_defined:
      case EventType::operator_assigned: return apply_operator(event, rows);
      case EventType::role_granted:
      case EventType::role_revoked: return apply_role(event, rows);
      case EventType::need_defined:
      case EventType::service_defined:
      case EventType::category_defined: return apply_label(event, rows);
      default: return apply_unit(event, rows);
    }
  }
};

template <class Id, class Row>
Status read_all(const ViewReader& view, char kind, std::map<Id, Row>& to) {
  return view.scan(std::string(1, kind),
                   [&](std::string_view key, std::string_view value) -> Status {
                     CARTELLA_TRY(auto row, decode_row<Row>(value));
                     to.emplace(id_in_key<Id>(key, 1), std::move(row));
                     return ok();
                   });
}

}  // namespace

Result<Organisation> read_organisation(const Engine& engine) {
  CARTELLA_TRY(const auto view, engine.view(kOrganisationView));
  return read_organisation(*view);
}

Result<Organisation> read_organisation(const ViewReader& view) {
  Organisation all;
  CARTELLA_TRY(auto ambito, read_row<Ambito>(view, std::string(1, kAmbito)));
  if (ambito) all.ambito = std::move(*ambito);
  CARTELLA_TRY(read_all(view, kZone, all.zones));
  CARTELLA_TRY(read_all(view, kEnte, all.enti));
  CARTELLA_TRY(read_all(view, kOffice, all.offices));
  CARTELLA_TRY(read_all(view, kSector, all.sectors));
  CARTELLA_TRY(read_all(view, kOperator, all.operators));
  CARTELLA_TRY(read_all(view, kNeed, all.needs));
  CARTELLA_TRY(read_all(view, kService, all.services));
  CARTELLA_TRY(
      view.scan(std::string(1, kCategory), [&](std::string_view, std::string_view value) -> Status {
        CARTELLA_TRY(auto row, decode_row<Label>(value));
        all.categories.emplace(row.code, std::move(row));
        return ok();
      }));
  CARTELLA_TRY(view.scan(std::string(1, kAssignment),
                         [&](std::string_view, std::string_view value) -> Status {
                           CARTELLA_TRY(auto row, decode_row<Assignment>(value));
                           all.assignments.push_back(std::move(row));
                           return ok();
                         }));
  CARTELLA_TRY(
      view.scan(std::string(1, kRole), [&](std::string_view, std::string_view value) -> Status {
        CARTELLA_TRY(auto row, decode_row<RoleGrant>(value));
        all.roles.push_back(std::move(row));
        return ok();
      }));
  return all;
}

std::unique_ptr<Projection> make_organisation() {
  return std::make_unique<OrganisationProjection>();
}

}  // namespace cartella::projections
