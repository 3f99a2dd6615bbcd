#include "api/json.h"

namespace cartella::api {

void put_day(JsonObject& to, std::string_view name, std::int32_t days) {
  if (days != INT32_MIN && days != INT32_MAX) to[name] = format_date(Date{days});
}

void put_time(JsonObject& to, std::string_view name, std::int64_t us) {
  if (us != INT64_MIN) to[name] = format_time(TimeUs{us});
}

JsonArray texts_json(const std::vector<std::string>& texts) {
  JsonArray all;
  for (const std::string& text : texts) all.emplace_back(text);
  return all;
}

}  // namespace cartella::api
