// schema/schema_text.h: a body's schema and content as Cap'n Proto text, for people and for the
// log.
//
// The log registers every schema it uses, so that its bytes can be read without this program.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::schema {

// "struct Name @0x... { field @0 :Type; ... }", with the structs and enums that it refers to after
// it. Empty for an id that no event type has.
std::string schema_text(std::uint64_t schema_id);

// A body field by field, "( name = "value", ... )" over several lines. unsupported: an id that no
// event type has. invalid_input: the bytes do not follow the schema.
Result<std::string> message_text(std::uint64_t schema_id, ByteView message);

}  // namespace cartella::schema
