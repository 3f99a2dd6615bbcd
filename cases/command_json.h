// cases/command_json.h: one command as JSON, as a person gives it to the command line or to a
// server.
//
//   {"command": "grant_benefit", "id": …, "actor": …, "unit": …, "expected_revision": …,
//    "occurred_at": …, "fields": {…}}
//
// One table names every command and its fields (docs/commands.md lists them): the names are those
// of the members in commands.h. Fields that are not known, given twice or of another type are
// refused by name; no message repeats a value. Threads: values and free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/commands.h"
#include "cases/state.h"

namespace cartella::cases {

struct JsonValue;

// ---- the table ----------------------------------------------------------------------------------
enum class FieldKind : std::uint8_t {
  id,
  text,
  flag,
  whole,
  date,
  time,
  hash,
  bytes,
  word,
  object
};

struct FieldForm {
  std::string name;
  FieldKind kind = FieldKind::text;
  bool is_required = false;
  bool is_list = false;
  std::vector<std::string> words;  // that a word may be
  std::vector<FieldForm> parts;    // of an object
};

struct CommandForm {
  std::string_view name;        // "grant_benefit"
  std::size_t alternative = 0;  // in Command
  bool is_for_people = false;   // false: the functions are empty
  Result<Command> (*read)(const JsonValue& fields) = nullptr;
  const std::vector<FieldForm>& (*fields)() = nullptr;
};

// Every alternative of Command once, in its order.
const std::vector<CommandForm>& command_forms();

// ---- one command --------------------------------------------------------------------------------
struct CommandRequest {
  EventId id;        // zero: a new one
  OperatorId actor;  // zero: the installation, for what defines the organisation
  OperatorId on_behalf_of;
  UnitId unit;  // ente, office or sector that the actor acts for
  std::string role;
  std::string purpose;
  std::string legal_basis;
  std::optional<std::int64_t> expected_revision;
  std::optional<TimeUs> occurred_at;
  std::optional<Date> valid_from;
  std::optional<Date> valid_to;
  Command command;
};

// invalid_input, its detail "code: sentence": what parse_json returns, unknown_command,
// machine_command, missing_field, unknown_field, bad_field.
Result<CommandRequest> read_command(std::string_view text);

// Who acts for whom: the actor is an enabled operator, the unit an enabled ente or one of its
// offices or sectors; the ente is the controller. What is not said of time and id is now and new; a
// given id comes with its time, or a repetition would be another command. invalid_input:
// missing_field. refused: unknown_operator, disabled_operator, unknown_unit, disabled_unit.
Result<CommandContext> context_of(const CommandRequest& request, const OrganisationState& known,
                                  const Clock& clock);

}  // namespace cartella::cases
