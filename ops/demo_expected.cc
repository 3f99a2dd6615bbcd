#include <boost/json.hpp>
#include <fstream>

#include "ops/demo_world.h"

namespace cartella::ops::demo {

namespace json = boost::json;

namespace {

json::object object_of(const Counts& counts) {
  json::object object;
  for (const auto& [key, count] : counts) object[key] = count;
  return object;
}

}  // namespace

Status write_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream to(file, std::ios::binary | std::ios::trunc);
  to.write(text.data(), static_cast<std::streamsize>(text.size()));
  to.close();
  if (!to) return fail(Errc::io, "cannot write " + file.filename().string());
  return ok();
}

Status write_expected(const World& world, const std::filesystem::path& file) {
  const Expected& expected = world.expected;
  json::object root;
  root["zone"] = "1,2,3";
  root["people"] = expected.people;
  root["people_by_comune"] = object_of(expected.people_by_comune);
  json::array faults;
  for (const Expected::Fault& fault : expected.faults)
    faults.push_back(json::object{
        {"comune", fault.comune}, {"matricola", fault.matricola}, {"fault", fault.fault}});
  root["registry_faults"] = std::move(faults);
  root["cards_read"] = expected.cards_read;
  root["cases"] = expected.cases;
  json::array refused;
  for (const Expected::Refused& row : expected.refused)
    refused.push_back(json::object{{"table", row.table}, {"id", row.id}, {"why", row.why}});
  root["rejected"] = std::move(refused);
  for (const auto& [name, counts] : expected.sections) root[name] = object_of(counts);
  return write_text(file, json::serialize(root) + "\n");
}

}  // namespace cartella::ops::demo
