#include "projections/benefits.h"

#include "projections/apply.h"

namespace cartella::projections {
namespace {

using schema::EventType;
using schema::id_from;
using schema::text_of;

constexpr char kBenefit = 'b';   // benefit stream -> BenefitRecord
constexpr char kDelivery = 'd';  // benefit stream, position -> Delivery
constexpr char kEvent = 'e';     // event id of a delivery -> its key, for superseding
constexpr char kSubject = 's';   // subject, position of the grant, benefit stream

Status fold_granted(BenefitRecord& benefit, const DecodedEvent& event) {
  return with_body_of<schema::BenefitGranted>(event, [&](auto body) -> Status {
    CARTELLA_TRY(benefit.subject, id_from<SubjectId>(body.getSubject()));
    CARTELLA_TRY(benefit.case_stream, id_from<StreamId>(body.getCaseStream()));
    CARTELLA_TRY(benefit.paying_ente, id_from<UnitId>(body.getPayingEnte()));
    CARTELLA_TRY(benefit.sector, id_from<UnitId>(body.getSector()));
    CARTELLA_TRY(benefit.operator_id, id_from<OperatorId>(body.getOperator()));
    benefit.controller = event.header.controller;
    benefit.protocol = text_of(body.getProtocol());
    benefit.protocol_date = body.getProtocolDate();
    benefit.inps_code = text_of(body.getInpsCode());
    benefit.inps_name = text_of(body.getInpsName());
    benefit.periodic = body.getPeriodic();
    benefit.means_test = body.getMeansTest();
    benefit.dsu_number = text_of(body.getDsuNumber());
    benefit.dsu_year = body.getDsuYear();
    benefit.dsu_date = body.getDsuDate();
    CARTELLA_TRY(benefit.supersedes, id_from<StreamId>(body.getSupersedes()));
    benefit.event_date = body.getEventDate();
    benefit.period_from = body.getPeriodFrom();
    benefit.period_to = body.getPeriodTo();
    benefit.in_charge = static_cast<std::uint16_t>(body.getInCharge());
    benefit.user_area = body.getUserArea();
    benefit.category = text_of(body.getCategory());
    benefit.beneficiary_kind = text_of(body.getBeneficiaryKind());
    return ok();
  });
}

Status count_delivery(BenefitRecord& benefit, const Delivery& delivery, int sign) {
  if (__builtin_add_overflow(benefit.delivered_cents, sign * delivery.amount_cents,
                             &benefit.delivered_cents))
    return fail(Errc::invalid_input, "the sum of a benefit's deliveries is out of range");
  benefit.delivery_count += static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  return ok();
}

// The delivery of that event, in the same benefit, stops counting.
Status supersede(ViewWriter& rows, BenefitRecord& benefit, const EventId& event_id) {
  CARTELLA_TRY(const auto key, rows.read(RowKey(kEvent).id(event_id).take()));
  if (!key) return ok();
  CARTELLA_TRY(auto earlier, read_row<Delivery>(rows, *key));
  if (!earlier || earlier->superseded) return ok();
  earlier->superseded = true;
  rows.put(*key, encode_row(*earlier));
  return count_delivery(benefit, *earlier, -1);
}

class Benefits final : public Projection {
 public:
  std::string_view name() const override { return kBenefitsView; }
  std::uint32_t version() const override { return 2; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    if (!event.readable) return ok();
    switch (event.type()) {
      case EventType::benefit_granted: return apply_granted(event, rows);
      case EventType::benefit_delivered: return apply_delivered(event, rows);
      case EventType::benefit_closed:
      case EventType::benefit_superseded:
        return change_known_row<BenefitRecord>(
            rows, RowKey(kBenefit).id(event.stream).take(),
            [&](BenefitRecord& benefit) { return fold_benefit(benefit, event); });
      default: return ok();
    }
  }

 private:
  static Status apply_granted(const DecodedEvent& event, ViewWriter& rows) {
    if (event.has_erased_body()) return ok();
    BenefitRecord benefit;
    CARTELLA_TRY(fold_benefit(benefit, event));
    rows.put(RowKey(kBenefit).id(event.stream).take(), encode_row(benefit));
    rows.put(RowKey(kSubject).id(benefit.subject).number(event.position).id(event.stream).take(),
             {});
    return ok();
  }

  static Status apply_delivered(const DecodedEvent& event, ViewWriter& rows) {
    if (event.has_erased_body()) return ok();
    const auto count = [&](BenefitRecord& benefit) -> Status {
      CARTELLA_TRY(const auto delivery, delivery_of(event));
      if (!delivery.supersedes.is_zero()) {
        CARTELLA_TRY(supersede(rows, benefit, delivery.supersedes));
      }
      std::string key = RowKey(kDelivery).id(event.stream).number(event.position).take();
      rows.put(RowKey(kEvent).id(event.event_id).take(), key);
      rows.put(std::move(key), encode_row(delivery));
      return count_delivery(benefit, delivery, 1);
    };
    return change_known_row<BenefitRecord>(rows, RowKey(kBenefit).id(event.stream).take(), count);
  }
};

Result<std::optional<BenefitFile>> file_of(const ViewReader& view, const StreamId& stream) {
  CARTELLA_TRY(auto benefit, read_row<BenefitRecord>(view, RowKey(kBenefit).id(stream).take()));
  if (!benefit) return std::optional<BenefitFile>{};
  BenefitFile file{stream, std::move(*benefit), {}};
  CARTELLA_TRY(view.scan(RowKey(kDelivery).id(stream).take(),
                         [&](std::string_view, std::string_view value) -> Status {
                           CARTELLA_TRY(auto delivery, decode_row<Delivery>(value));
                           file.deliveries.push_back(std::move(delivery));
                           return ok();
                         }));
  return std::optional<BenefitFile>(std::move(file));
}

}  // namespace

Status fold_benefit(BenefitRecord& benefit, const DecodedEvent& event) {
  if (event.type() == EventType::benefit_granted) return fold_granted(benefit, event);
  if (event.type() == EventType::benefit_superseded)
    return with_body_of<schema::BenefitSuperseded>(event, [&](auto body) -> Status {
      CARTELLA_TRY(benefit.superseded_by, id_from<StreamId>(body.getBy()));
      return ok();
    });
  if (event.type() != EventType::benefit_closed) return ok();
  return with_body_of<schema::BenefitClosed>(event, [&](auto body) -> Status {
    benefit.closed = true;
    benefit.closed_on = body.getClosedOn();
    benefit.closing_reason = text_of(body.getReason());
    return ok();
  });
}

Result<Delivery> delivery_of(const DecodedEvent& event) {
  Delivery delivery;
  delivery.benefit = event.stream;
  delivery.event_id = event.event_id;
  CARTELLA_TRY(with_body_of<schema::BenefitDelivered>(event, [&](auto body) -> Status {
    delivery.delivered_on = body.getDeliveredOn();
    delivery.amount_cents = body.getAmountCents();
    delivery.ente_cents = body.getEnteCents();
    delivery.user_cents = body.getUserCents();
    delivery.health_cents = body.getHealthCents();
    delivery.other_cents = body.getOtherCents();
    delivery.minutes = body.getMinutes();
    CARTELLA_TRY(delivery.operator_id, id_from<OperatorId>(body.getOperator()));
    CARTELLA_TRY(delivery.supersedes, id_from<EventId>(body.getSupersedes()));
    delivery.status = text_of(body.getStatus());
    return ok();
  }));
  return delivery;
}

Result<BenefitFile> read_benefit(const Engine& engine, const StreamId& benefit_stream) {
  CARTELLA_TRY(const auto view, engine.view(kBenefitsView));
  CARTELLA_TRY(auto file, file_of(*view, benefit_stream));
  if (!file) return fail(Errc::not_found, "no such benefit");
  return std::move(*file);
}

Result<std::vector<BenefitFile>> benefits_of_subject(const Engine& engine,
                                                     const SubjectId& subject) {
  CARTELLA_TRY(const auto view, engine.view(kBenefitsView));
  std::vector<BenefitFile> files;
  CARTELLA_TRY(view->scan(RowKey(kSubject).id(subject).take(),
                          [&](std::string_view key, std::string_view) -> Status {
                            const auto stream = id_in_key<StreamId>(key, 1 + 16 + 8);
                            CARTELLA_TRY(auto file, file_of(*view, stream));
                            if (file) files.push_back(std::move(*file));
                            return ok();
                          }));
  return files;
}

Status each_benefit(const ViewReader& view,
                    const std::function<Status(const StreamId&, const BenefitRecord&)>& each) {
  return view.scan(std::string(1, kBenefit),
                   [&](std::string_view key, std::string_view value) -> Status {
                     CARTELLA_TRY(const auto benefit, decode_row<BenefitRecord>(value));
                     return each(id_in_key<StreamId>(key, 1), benefit);
                   });
}

Status each_delivery(const ViewReader& view, const std::function<Status(const Delivery&)>& each) {
  return view.scan(std::string(1, kDelivery),
                   [&](std::string_view, std::string_view value) -> Status {
                     CARTELLA_TRY(const auto delivery, decode_row<Delivery>(value));
                     return delivery.superseded ? Status(ok()) : each(delivery);
                   });
}

std::unique_ptr<Projection> make_benefits() { return std::make_unique<Benefits>(); }

}  // namespace cartella::projections
