// api/field_bounds.h: how long the texts of a command may be and what they are made of.
//
// The bounds are those of api/openapi.yaml; a test of the interface holds each of them against the
// document. Ids, dates and words of a list are judged where they are read. Threads: pure functions.
#pragma once

#include <string_view>

#include "base/result.h"
#include "cases/json_text.h"

namespace cartella::api {

// Whether this is written as a Belfiore code of a comune or a State; it need not exist.
bool is_belfiore(std::string_view text);

// invalid_input: a text, at any depth, is too long, holds control characters or has not the form of
// its field; the error names the field.
Status check_bounds(std::string_view command, const cases::JsonValue& fields);

}  // namespace cartella::api
