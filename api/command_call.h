// api/command_call.h: a command as a request gives it, for handlers that execute or prepare it.
//
// Internal to api. Threads: values and free functions.
#pragma once

#include "api/service.h"
#include "cases/command_json.h"

namespace cartella::api {

struct CommandCall {
  cases::CommandContext context;
  cases::Command command;
  StreamId stream;  // that the path names; zero where it names none
};

// The header Idempotency-Key. invalid_argument: absent, or no UUID of version 7.
Result<EventId> idempotency_key(const Request& request);
// Who acts, in which role and for which unit.
void fill_context(const Call& call, cases::CommandContext& context);
// nullptr: no such command.
const cases::CommandForm* find_form(std::string_view name);
const cases::CommandForm& form_of(const cases::Command& command);
// Headers, path and body as a command of the viewer. invalid_argument: no key, or no UUIDv7.
// invalid_input, not_found.
Result<CommandCall> read_command_call(Call& call, const cases::CommandForm& form,
                                      std::string_view path_field);
// permission_denied: the role or its unit does not allow it. conflict: somebody gives themselves a
// role. Whoever gives themselves anything is recorded with high severity (AT-23).
Status check_permission(Call& call, const cases::Command& command);
// Sets what the server alone knows or decides: a known person is told, an erasure's extent is
// found. not_found, unavailable, io, corrupt.
Status complete_command(Call& call, cases::Command& command);
// Tells the other titolari of a person that was just registered; nothing where it was not. Whoever
// registered learns nothing of it, nor from how long it takes.
void note_duplicates_later(const Call& call, const StreamId& person);
// 201 with the receipt; 200 where nothing had to be written.
Answer receipt_answer(Call& call, const cases::Outcome& outcome);

}  // namespace cartella::api
