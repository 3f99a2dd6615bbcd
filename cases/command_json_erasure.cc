// The fields of the commands about erasure, holds and restriction, by the names of their members.
#include "cases/command_fields.h"

namespace cartella::cases {

template <class F>
void fields(F& f, ProposeErasure& c) {
  f.need("scope", c.scope);
  f.need("target", c.target);
  f.need("basis", c.basis);
  f.may("counts", c.counts);
  f.may("mentions", c.mentions);
}
template <class F>
void fields(F& f, DecideErasure& c) {
  f.need("proposal", c.proposal);
  f.need("outcome", c.outcome);
  f.may("ground", c.ground);
  f.may("kept_mentions", c.kept_mentions);
  f.may("erased_mentions", c.erased_mentions);
}
template <class F>
void fields(F& f, SetRetentionRule& c) {
  f.need("category", c.category);
  f.need("months", c.months);
  f.need("act", c.act);
}
template <class F>
void fields(F& f, PlaceLegalHold& c) {
  f.need("person", c.person);
  f.may("items", c.items);
  f.need("act", c.act);
  f.need("authority", c.authority);
  f.may("until", c.until);
}
template <class F>
void fields(F& f, LiftLegalHold& c) {
  f.need("hold", c.hold);
  f.need("act", c.act);
}
template <class F>
void fields(F& f, RestrictProcessing& c) {
  f.need("person", c.person);
  f.may("items", c.items);
  f.need("ground", c.ground);
}
template <class F>
void fields(F& f, LiftRestriction& c) {
  f.need("restriction", c.restriction);
  f.need("notice", c.notice);
  f.need("reason", c.reason);
}

std::vector<CommandForm> erasure_forms() {
  return {form_of<ProposeErasure>("propose_erasure"),
          form_of<DecideErasure>("decide_erasure"),
          form_of<PlaceLegalHold>("place_legal_hold"),
          form_of<LiftLegalHold>("lift_legal_hold"),
          form_of<RestrictProcessing>("restrict_processing"),
          form_of<LiftRestriction>("lift_restriction"),
          form_of<SetRetentionRule>("set_retention_rule")};
}

}  // namespace cartella::cases
