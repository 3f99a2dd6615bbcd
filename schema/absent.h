// schema/absent.h: one encoding of what is absent: the null pointer.
//
// A builder keeps whatever was set: an empty text or list, an id of sixteen zeros. All of them say
// "absent", cost bytes, and would let equal values be different bytes. Threads: free functions.
#pragma once

#include <capnp/any.h>
#include <capnp/schema.h>

#include <cstdint>
#include <vector>

namespace cartella::schema {

// The pointers of a struct, and of the structs behind them; made once for each body.
struct PointerShape {
  enum class Kind : std::uint8_t { text, data, list, structure, structures };
  struct Field {
    unsigned index = 0;
    Kind kind = Kind::text;
    std::vector<PointerShape> of;  // one, for structure and structures
  };
  std::vector<Field> fields;
};
PointerShape pointer_shape(capnp::StructSchema schema);

// Makes null what is empty or an id of zeros, inside out: a struct with nothing in it goes, too.
void drop_absent(capnp::AnyStruct::Builder body, const PointerShape& shape);

}  // namespace cartella::schema
