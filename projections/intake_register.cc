#include "projections/intake_register.h"

#include "projections/apply.h"

namespace cartella::projections {
namespace {

using schema::EventType;
using schema::id_from;
using schema::text_of;

constexpr char kCard = 'c';    // card stream -> CardRecord
constexpr char kDay = 'd';     // office, access date, card stream
constexpr char kNumber = 'n';  // number that people know the card by, card stream
constexpr std::size_t kDateOffset = 1 + 16;

// A stop that is no error: enough cards were found.
constexpr std::string_view kEnough = "enough";

std::string day_key(const CardRecord& card, const StreamId& stream) {
  return RowKey(kDay).id(card.office).date(card.access_date).id(stream).take();
}

std::int32_t date_in_key(std::string_view key) {
  return static_cast<std::int32_t>(load_be32(as_bytes(key.substr(kDateOffset, 4)).data()) ^
                                   0x80000000u);
}

Status fold_opened(CardRecord& card, const DecodedEvent& event) {
  return with_body_of<schema::CardOpened>(event, [&](auto body) -> Status {
    CARTELLA_TRY(card.subject, id_from<SubjectId>(body.getSubject()));
    CARTELLA_TRY(card.office, id_from<UnitId>(body.getOffice()));
    CARTELLA_TRY(card.ente, id_from<UnitId>(body.getEnte()));
    CARTELLA_TRY(card.operator_id, id_from<OperatorId>(body.getOperator()));
    if (card.ente.is_zero()) card.ente = UnitId::from_view(event.header.controller.view());
    card.number = body.getNumber();
    card.anonymous = body.getAnonymous();
    card.access_date = body.getAccessDate();
    card.mode = text_of(body.getMode());
    card.interlocutor = text_of(body.getInterlocutor());
    card.motive = text_of(body.getMotive());
    card.motive_text = text_of(body.getMotiveText());
    card.informed = body.getInformed();
    card.contact_point = text_of(body.getContactPoint());
    card.homeless = body.getHomeless();
    return ok();
  });
}

class IntakeRegister final : public Projection {
 public:
  std::string_view name() const override { return kIntakeRegisterView; }
  std::uint32_t version() const override { return 1; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    if (!event.readable || !is_card_event(event.type())) return ok();
    const std::string key = RowKey(kCard).id(event.stream).take();
    if (event.type() != EventType::card_opened)
      return change_known_row<CardRecord>(rows, key,
                                          [&](CardRecord& card) { return fold_card(card, event); });
    if (event.has_erased_body()) return ok();
    CardRecord card;
    CARTELLA_TRY(fold_card(card, event));
    rows.put(key, encode_row(card));
    rows.put(day_key(card, event.stream), {});
    const auto number = static_cast<std::uint64_t>(card.number);
    rows.put(RowKey(kNumber).number(number).id(event.stream).take(), {});
    return ok();
  }
};

}  // namespace

bool is_card_event(schema::EventType type) {
  switch (type) {
    case EventType::card_opened:
    case EventType::card_needs_recorded:
    case EventType::card_services_requested:
    case EventType::card_closed:
    case EventType::card_linked_to_case: return true;
    default: return false;
  }
}

Status fold_card(CardRecord& card, const DecodedEvent& event) {
  switch (event.type()) {
    case EventType::card_opened: return fold_opened(card, event);
    case EventType::card_needs_recorded:
      return with_body_of<schema::CardNeedsRecorded>(event, [&](auto body) -> Status {
        CARTELLA_TRY(card.needs, ids_from<UnitId>(body.getNeeds()));
        card.needs_text = text_of(body.getOtherText());
        return ok();
      });
    case EventType::card_services_requested:
      return with_body_of<schema::CardServicesRequested>(event, [&](auto body) -> Status {
        CARTELLA_TRY(card.services, ids_from<UnitId>(body.getServices()));
        card.services_text = text_of(body.getOtherText());
        return ok();
      });
    case EventType::card_closed:
      return with_body_of<schema::CardClosed>(event, [&](auto body) -> Status {
        card.closed = true;
        card.card_type = text_of(body.getCardType());
        card.taken_in_charge = body.getTakenInCharge();
        card.municipal_only = body.getMunicipalOnly();
        card.complete = body.getComplete();
        return ok();
      });
    case EventType::card_linked_to_case:
      return with_body_of<schema::CardLinkedToCase>(event, [&](auto body) -> Status {
        CARTELLA_TRY(card.case_stream, id_from<StreamId>(body.getCaseStream()));
        card.link_state = text_of(body.getState());
        return ok();
      });
    default: return ok();
  }
}

Result<std::vector<CardEntry>> find_cards(const Engine& engine, const CardQuery& query) {
  CARTELLA_TRY(const auto view, engine.view(kIntakeRegisterView));
  RowKey prefix(kDay);
  if (query.office) prefix.id(*query.office);
  std::vector<CardEntry> found;
  const Status scanned =
      view->scan(prefix.take(), [&](std::string_view key, std::string_view) -> Status {
        const Date date{date_in_key(key)};
        if ((query.from && date < *query.from) || (query.to && date > *query.to)) return ok();
        if (found.size() >= query.cards_max) return fail(Errc::unavailable, std::string(kEnough));
        const auto stream = id_in_key<StreamId>(key, kDateOffset + 4);
        CARTELLA_TRY(auto card, read_row<CardRecord>(*view, RowKey(kCard).id(stream).take()));
        if (!card) return fail(Errc::corrupt, "the intake register names a card it does not hold");
        const auto controller = ControllerId::from_view(card->ente.view());
        if (query.passed_over && query.passed_over(controller, card->subject, stream)) return ok();
        found.push_back({stream, std::move(*card)});
        return ok();
      });
  if (!scanned && scanned.error().detail != kEnough) return scanned.error();
  return found;
}

Result<CardRecord> read_card(const Engine& engine, const StreamId& card_stream) {
  CARTELLA_TRY(const auto view, engine.view(kIntakeRegisterView));
  CARTELLA_TRY(auto card, read_row<CardRecord>(*view, RowKey(kCard).id(card_stream).take()));
  if (!card) return fail(Errc::not_found, "nessuna scheda con questo flusso");
  return std::move(*card);
}

Result<std::vector<StreamId>> cards_by_number(const Engine& engine, std::uint64_t number) {
  CARTELLA_TRY(const auto view, engine.view(kIntakeRegisterView));
  std::vector<StreamId> cards;
  CARTELLA_TRY(view->scan(RowKey(kNumber).number(number).take(),
                          [&](std::string_view key, std::string_view) -> Status {
                            cards.push_back(id_in_key<StreamId>(key, 1 + 8));
                            return ok();
                          }));
  return cards;
}

Status each_card(const ViewReader& view,
                 const std::function<Status(const StreamId&, const CardRecord&)>& each) {
  return view.scan(std::string(1, kCard),
                   [&](std::string_view key, std::string_view value) -> Status {
                     CARTELLA_TRY(const auto card, decode_row<CardRecord>(value));
                     return each(id_in_key<StreamId>(key, 1), card);
                   });
}

std::unique_ptr<Projection> make_intake_register() { return std::make_unique<IntakeRegister>(); }

}  // namespace cartella::projections
