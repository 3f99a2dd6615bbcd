// The fields of the commands about intake cards, by the names of their members.
#include "cases/command_fields.h"

namespace cartella::cases {

template <class F>
void fields(F& f, ReporterValue& v) {
  f.may("relation", v.relation);
  f.may("name", v.name);
  f.may("phone", v.phone);
  f.may("is_protected", v.is_protected);
}
template <class F>
void fields(F& f, NeedsValue& v) {
  f.may("needs", v.needs);
  f.may("other_text", v.other_text);
}
template <class F>
void fields(F& f, ServicesValue& v) {
  f.may("services", v.services);
  f.may("other_text", v.other_text);
}
template <class F>
void fields(F& f, ClosingValue& v) {
  f.may("card_type", v.card_type);
  f.may("taken_in_charge", v.taken_in_charge);
  f.may("municipal_only", v.municipal_only);
  f.may("complete", v.complete);
}

template <class F>
void fields(F& f, OpenCard& c) {
  f.need("person", c.person);
  f.may("number", c.number);
  f.need("access_date", c.access_date);
  f.may("mode", c.mode);
  f.may("interlocutor", c.interlocutor);
  f.may("motive", c.motive);
  f.may("motive_text", c.motive_text);
  f.may("informed", c.informed);
  f.need("office", c.office);
  f.may("contact_point", c.contact_point);
  f.may("ente", c.ente);
  f.may("worker", c.worker);
  f.may("homeless", c.homeless);
  f.may("reporter", c.reporter);
  f.may("needs", c.needs);
  f.may("services", c.services);
  f.may("closing", c.closing);
}
template <class F>
void fields(F& f, RecordReporter& c) {
  f.need("card", c.card);
  f.need("reporter", c.reporter);
}
template <class F>
void fields(F& f, RecordNeeds& c) {
  f.need("card", c.card);
  f.need("needs", c.needs);
}
template <class F>
void fields(F& f, RequestServices& c) {
  f.need("card", c.card);
  f.need("services", c.services);
}
template <class F>
void fields(F& f, CloseCard& c) {
  f.need("card", c.card);
  f.need("closing", c.closing);
}
template <class F>
void fields(F& f, LinkCardToCase& c) {
  f.need("card", c.card);
  f.need("case_stream", c.case_stream);
  f.may("state", c.state);
  f.may("note", c.note);
}

std::vector<CommandForm> card_forms() {
  return {form_of<OpenCard>("open_card"),       form_of<RecordReporter>("record_reporter"),
          form_of<RecordNeeds>("record_needs"), form_of<RequestServices>("request_services"),
          form_of<CloseCard>("close_card"),     form_of<LinkCardToCase>("link_card_to_case")};
}

}  // namespace cartella::cases
