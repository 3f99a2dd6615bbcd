// api/json.h: values that handlers build their answers from, and how our own types become JSON.
//
// Internal to api: the one header of this project that shows a library's types, because every
// handler builds such values. Absent values are left out, never null. Threads: values and free
// functions.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

namespace cartella::api {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

// A zero id is absent.
template <class Tag>
void put(JsonObject& to, std::string_view name, const Id16<Tag>& id) {
  if (!id.is_zero()) to[name] = id.hex();
}
// An empty text is absent.
inline void put(JsonObject& to, std::string_view name, std::string_view text) {
  if (!text.empty()) to[name] = text;
}
// INT32_MIN and INT32_MAX are absent.
void put_day(JsonObject& to, std::string_view name, std::int32_t days);
// INT64_MIN is absent.
void put_time(JsonObject& to, std::string_view name, std::int64_t us);

template <class Ids>
JsonArray ids_json(const Ids& ids) {
  JsonArray all;
  for (const auto& id : ids) all.emplace_back(id.hex());
  return all;
}
JsonArray texts_json(const std::vector<std::string>& texts);

}  // namespace cartella::api
