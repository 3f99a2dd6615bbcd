#include "projections/case_file.h"

#include "projections/apply.h"

namespace cartella::projections {
namespace {

using schema::EventType;
using schema::id_from;

constexpr char kCase = 'c';     // case stream -> CaseRecord
constexpr char kItem = 'i';     // case stream, position -> CaseItem
constexpr char kSubject = 's';  // subject, position of the opening, case stream
constexpr char kNumber = 'n';   // number that people know the case by, case stream

template <class Root>
Result<StreamId> case_in_body(const DecodedEvent& event) {
  StreamId found;
  CARTELLA_TRY(with_body_of<Root>(event, [&](auto body) -> Status {
    CARTELLA_TRY(found, id_from<StreamId>(body.getCaseStream()));
    return ok();
  }));
  return found;
}

Result<CaseItem> item_of(const DecodedEvent& event) {
  CaseItem item{event.stream,
                event.type(),
                event.position,
                event.occurred_at().us,
                false,
                event.header.actor,
                {}};
  const auto take_operator = [&](capnp::Data::Reader id) -> Status {
    CARTELLA_TRY(const auto operator_id, id_from<OperatorId>(id));
    if (!operator_id.is_zero()) item.operator_id = operator_id;
    return ok();
  };
  if (event.type() == EventType::interview_recorded) {
    CARTELLA_TRY(with_body_of<schema::InterviewRecorded>(event, [&](auto body) -> Status {
      item.withheld = body.getReserved();
      item.second_level = schema::text_of(body.getSecondLevel());
      return take_operator(body.getOperator());
    }));
  } else if (event.type() == EventType::note_recorded) {
    CARTELLA_TRY(with_body_of<schema::NoteRecorded>(event, [&](auto body) -> Status {
      item.withheld = body.getPrivate();
      return take_operator(body.getOperator());
    }));
  } else if (event.type() == EventType::benefit_granted) {
    CARTELLA_TRY(with_body_of<schema::BenefitGranted>(
        event, [&](auto body) -> Status { return take_operator(body.getOperator()); }));
  }
  return item;
}

class CaseFileProjection final : public Projection {
 public:
  std::string_view name() const override { return kCaseFileView; }
  std::uint32_t version() const override { return 2; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    if (!event.readable) return ok();
    if (is_case_event(event.type())) return apply_case(event, rows);
    CARTELLA_TRY(const auto case_stream, case_of_item(event));
    if (case_stream.is_zero()) return ok();
    CARTELLA_TRY(const auto item, item_of(event));
    rows.put(RowKey(kItem).id(case_stream).number(event.position).take(), encode_row(item));
    return ok();
  }

 private:
  static Status apply_case(const DecodedEvent& event, ViewWriter& rows) {
    const std::string key = RowKey(kCase).id(event.stream).take();
    const auto fold = [&](CaseRecord& record) { return fold_case(record, event); };
    if (event.type() != EventType::case_opened)
      return change_known_row<CaseRecord>(rows, key, fold);
    if (event.has_erased_body()) return ok();
    CaseRecord record;
    CARTELLA_TRY(fold(record));
    rows.put(key, encode_row(record));
    rows.put(RowKey(kSubject).id(record.subject).number(event.position).id(event.stream).take(),
             {});
    const auto number = static_cast<std::uint64_t>(record.number);
    rows.put(RowKey(kNumber).number(number).id(event.stream).take(), {});
    return ok();
  }
};

}  // namespace

Result<StreamId> case_of_item(const DecodedEvent& event) {
  switch (event.type()) {
    case EventType::interview_recorded: return case_in_body<schema::InterviewRecorded>(event);
    case EventType::note_recorded: return case_in_body<schema::NoteRecorded>(event);
    case EventType::benefit_granted: return case_in_body<schema::BenefitGranted>(event);
    case EventType::card_linked_to_case: return case_in_body<schema::CardLinkedToCase>(event);
    default: return StreamId{};
  }
}

namespace {

Result<CaseRecord> record_in(const ViewReader& view, const StreamId& case_stream) {
  CARTELLA_TRY(auto record, read_row<CaseRecord>(view, RowKey(kCase).id(case_stream).take()));
  if (!record) return fail(Errc::not_found, "nessun caso con questo flusso");
  return std::move(*record);
}

}  // namespace

Result<CaseRecord> read_case_record(const Engine& engine, const StreamId& case_stream) {
  CARTELLA_TRY(const auto view, engine.view(kCaseFileView));
  return record_in(*view, case_stream);
}

Result<CaseFile> read_case_file(const Engine& engine, const StreamId& case_stream) {
  CARTELLA_TRY(const auto view, engine.view(kCaseFileView));
  CARTELLA_TRY(auto record, record_in(*view, case_stream));
  CaseFile file{case_stream, std::move(record), {}, view->position()};
  CARTELLA_TRY(view->scan(RowKey(kItem).id(case_stream).take(),
                          [&](std::string_view, std::string_view value) -> Status {
                            CARTELLA_TRY(auto item, decode_row<CaseItem>(value));
                            file.items.push_back(item);
                            return ok();
                          }));
  return file;
}

Result<std::vector<StreamId>> cases_of_subject(const Engine& engine, const SubjectId& subject) {
  CARTELLA_TRY(const auto view, engine.view(kCaseFileView));
  std::vector<StreamId> cases;
  CARTELLA_TRY(view->scan(RowKey(kSubject).id(subject).take(),
                          [&](std::string_view key, std::string_view) -> Status {
                            cases.push_back(id_in_key<StreamId>(key, 1 + 16 + 8));
                            return ok();
                          }));
  return cases;
}

Result<std::vector<StreamId>> cases_by_number(const Engine& engine, std::uint64_t number) {
  CARTELLA_TRY(const auto view, engine.view(kCaseFileView));
  std::vector<StreamId> cases;
  CARTELLA_TRY(view->scan(RowKey(kNumber).number(number).take(),
                          [&](std::string_view key, std::string_view) -> Status {
                            cases.push_back(id_in_key<StreamId>(key, 1 + 8));
                            return ok();
                          }));
  return cases;
}

Status each_case(const ViewReader& view,
                 const std::function<Status(const StreamId&, const CaseRecord&)>& each) {
  return view.scan(std::string(1, kCase),
                   [&](std::string_view key, std::string_view value) -> Status {
                     CARTELLA_TRY(const auto record, decode_row<CaseRecord>(value));
                     return each(id_in_key<StreamId>(key, 1), record);
                   });
}

Status each_case_item(const ViewReader& view,
                      const std::function<Status(const StreamId&, const CaseItem&)>& each) {
  return view.scan(std::string(1, kItem),
                   [&](std::string_view key, std::string_view value) -> Status {
                     CARTELLA_TRY(const auto item, decode_row<CaseItem>(value));
                     return each(id_in_key<StreamId>(key, 1), item);
                   });
}

std::unique_ptr<Projection> make_case_file() { return std::make_unique<CaseFileProjection>(); }

}  // namespace cartella::projections
