// The fields of the commands about cases, interviews and notes, by the names of their members.
#include "cases/command_fields.h"

namespace cartella::cases {

template <class F>
void fields(F& f, OpenCase& c) {
  f.need("person", c.person);
  f.may("card", c.card);
  f.may("number", c.number);
  f.may("note", c.note);
  f.may("ente", c.ente);
  f.may("sector", c.sector);
  f.may("worker", c.worker);
}
template <class F>
void fields(F& f, ChangeCaseState& c) {
  f.need("case_stream", c.case_stream);
  f.need("state", c.state);
  f.may("worker", c.worker);
  f.may("sector", c.sector);
  f.may("ente", c.ente);
  f.may("to_sector", c.to_sector);
  f.may("to_operator", c.to_operator);
  f.may("to_ente", c.to_ente);
  f.may("note", c.note);
  f.may("administrative_date", c.administrative_date);
}
template <class F>
void fields(F& f, SetCategory& c) {
  f.need("case_stream", c.case_stream);
  f.need("category", c.category);
  f.may("prevalent", c.prevalent);
  f.may("ended", c.ended);
}
template <class F>
void fields(F& f, AssignOperator& c) {
  f.need("case_stream", c.case_stream);
  f.need("worker", c.worker);
  f.may("sector", c.sector);
  f.may("responsible", c.responsible);
  f.may("ended", c.ended);
}
template <class F>
void fields(F& f, ShareCase& c) {
  f.need("case_stream", c.case_stream);
  f.need("unit", c.unit);
  f.may("sections", c.sections);
  f.may("reason", c.reason);
  f.may("revoked", c.revoked);
}
template <class F>
void fields(F& f, RecordInterview& c) {
  f.need("case_stream", c.case_stream);
  f.may("reserved", c.reserved);
  f.may("text", c.text);
  f.may("with_whom", c.with_whom);
  f.may("worker", c.worker);
  f.need("held_at", c.held_at);
  f.may("mentions", c.mentions);
  f.may("sector", c.sector);
  f.may("second_level", c.second_level);
}
template <class F>
void fields(F& f, RecordNote& c) {
  f.need("case_stream", c.case_stream);
  f.need("text", c.text);
  f.may("is_private", c.is_private);
  f.may("worker", c.worker);
  f.may("mentions", c.mentions);
}

std::vector<CommandForm> case_forms() {
  return {form_of<OpenCase>("open_case"),       form_of<ChangeCaseState>("change_case_state"),
          form_of<SetCategory>("set_category"), form_of<AssignOperator>("assign_operator"),
          form_of<ShareCase>("share_case"),     form_of<RecordInterview>("record_interview"),
          form_of<RecordNote>("record_note")};
}

}  // namespace cartella::cases
