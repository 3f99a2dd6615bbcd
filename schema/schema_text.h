// schema/schema_text.h: a body's schema as Cap'n Proto text, for the log and for readers.
//
// The log registers every schema it uses, so that its bytes can be read without this program.
// Threads: a free function, any thread.
#pragma once

#include <cstdint>
#include <string>

namespace cartella::schema {

// "struct Name @0x... { field @0 :Type; ... }", with the structs and enums that it refers to after
// it. Empty for an id that no event type has.
std::string schema_text(std::uint64_t schema_id);

}  // namespace cartella::schema
