// ops/demo_tables.h: the predecessor's tables as text while the generator fills them.
//
// Threads: one.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace cartella::ops::demo {

class Tables {
 public:
  void header(const std::string& table, std::string_view columns) {
    x_text[table] = std::string(columns) + "\r\n";
  }
  void row(const std::string& table, std::initializer_list<std::string> fields) {
    std::string& text = x_text.at(table);
    bool first = true;
    for (const std::string& field : fields) {
      if (!first) text.push_back(';');
      first = false;
      text += quoted(field);
    }
    text += "\r\n";
  }
  const std::map<std::string, std::string>& all() const { return x_text; }

 private:
  static std::string quoted(const std::string& field) {
    if (field.find_first_of(";\"\r\n") == std::string::npos) return field;
    std::string result = "\"";
    for (const char c : field) {
      if (c == '"') result.push_back('"');
      result.push_back(c);
    }
    return result + "\"";
  }
  std::map<std::string, std::string> x_text;
};

}  // namespace cartella::ops::demo
