// What the server itself adds to a command of a client, whichever way it comes.
#include "api/command_call.h"
#include "base/waiting.h"
#include "cases/decide.h"
#include "keeping/erasure.h"

namespace cartella::api {

namespace {

// What would go and who is mentioned is found by the server, so that nobody leaves a text out.
Status add_extent(Call& call, cases::ProposeErasure& command) {
  Service& service = call.service;
  const Waiting waiting;
  const std::unique_lock heavy(*service.heavy, service.limits.heavy_wait);
  if (!heavy.owns_lock())
    return fail(Errc::unavailable, "un'altra lettura estesa è in corso: ripetere fra poco");
  CARTELLA_TRY(const auto extent,
               keeping::dry_run_erasure(service.store, service.vault, service.engine,
                                        call.viewer.controller, command.target));
  command.counts = keeping::counts_of(extent);
  command.mentions.clear();
  for (const keeping::Mention& mention : extent.mentions)
    command.mentions.push_back(mention.position);
  return ok();
}

}  // namespace

Status complete_command(Call& call, cases::Command& command) {
  if (cases::is_of_leaving(*call.organisation, command))
    return fail(Errc::refused, "scope: un titolare lascia l'ambito dalla riga di comando");
  if (auto* const person = std::get_if<cases::RegisterPerson>(&command)) person->reuse_known = true;
  if (auto* const erasure = std::get_if<cases::ProposeErasure>(&command))
    return add_extent(call, *erasure);
  return ok();
}

}  // namespace cartella::api
