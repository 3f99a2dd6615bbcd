#include "schema/absent.h"

#include <algorithm>

namespace cartella::schema {

namespace {

constexpr std::size_t kIdBytes = 16;

bool is_absent(capnp::Data::Reader data) {
  return data.size() == 0 ||
         (data.size() == kIdBytes && std::ranges::all_of(data, [](kj::byte b) { return b == 0; }));
}

bool is_empty(capnp::AnyStruct::Builder body) {
  const auto data = body.getDataSection();
  if (!std::all_of(data.begin(), data.end(), [](kj::byte b) { return b == 0; })) return false;
  for (auto pointer : body.getPointerSection())
    if (!pointer.isNull()) return false;
  return true;
}

void drop_absent_field(capnp::AnyPointer::Builder at, const PointerShape::Field& field) {
  switch (field.kind) {
    case PointerShape::Kind::text:
      if (at.getAs<capnp::Text>().size() == 0) at.clear();
      return;
    case PointerShape::Kind::data:
      if (is_absent(at.getAs<capnp::Data>().asReader())) at.clear();
      return;
    case PointerShape::Kind::list:
      if (at.getAs<capnp::AnyList>().size() == 0) at.clear();
      return;
    case PointerShape::Kind::structure: {
      const auto inner = at.getAs<capnp::AnyStruct>();
      drop_absent(inner, field.of.front());
      if (is_empty(inner)) at.clear();
      return;
    }
    case PointerShape::Kind::structures: {
      auto list = at.getAs<capnp::AnyList>().as<capnp::List<capnp::AnyStruct>>();
      if (list.size() == 0) return at.clear();
      for (auto each : list) drop_absent(each, field.of.front());
      return;
    }
  }
}

}  // namespace

PointerShape pointer_shape(capnp::StructSchema schema) {
  PointerShape shape;
  for (const auto field : schema.getFields()) {
    const auto type = field.getType();
    PointerShape::Field found;
    found.index = field.getProto().getSlot().getOffset();
    if (type.isText()) {
      found.kind = PointerShape::Kind::text;
    } else if (type.isData()) {
      found.kind = PointerShape::Kind::data;
    } else if (type.isStruct()) {
      found.kind = PointerShape::Kind::structure;
      found.of.push_back(pointer_shape(type.asStruct()));
    } else if (type.isList() && type.asList().getElementType().isStruct()) {
      found.kind = PointerShape::Kind::structures;
      found.of.push_back(pointer_shape(type.asList().getElementType().asStruct()));
    } else if (type.isList()) {
      found.kind = PointerShape::Kind::list;
    } else {
      continue;
    }
    shape.fields.push_back(std::move(found));
  }
  return shape;
}

void drop_absent(capnp::AnyStruct::Builder body, const PointerShape& shape) {
  auto pointers = body.getPointerSection();
  for (const PointerShape::Field& field : shape.fields) {
    if (field.index >= pointers.size()) continue;
    auto at = pointers[field.index];
    if (!at.isNull()) drop_absent_field(at, field);
  }
}

}  // namespace cartella::schema
