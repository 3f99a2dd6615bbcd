// tests/fuzz/receipt.cc: what a citizen hands to `cartella check`: a receipt with its leaf.
//
// Only the leaf that the log proves is called genuine, whatever stands around it. Threads: one.
#include <boost/json.hpp>

#include <sstream>

#include "base/check.h"
#include "crypto/secret.h"
#include "ops/exit_code.h"
#include "ops/run.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

std::string hex_value(std::string_view file, std::string_view name) {
  const std::string text = golden(file);
  const std::string start = std::string(name) + " = ";
  const std::size_t at = text.find(start);
  CHECK(at != std::string::npos);
  const std::size_t from = at + start.size();
  return text.substr(from, text.find('\n', from) - from);
}

std::string genuine_leaf() { return hex_value("event.txt", "leaf"); }

}  // namespace

std::vector<std::string> seeds() {
  crypto::start();
  boost::json::object receipt;
  receipt["leaf"] = genuine_leaf();
  receipt["receipt"] = golden("event.tlog-proof");
  boost::json::object other = receipt;
  other["leaf"] = hex_value("access.txt", "leaf");
  return {boost::json::serialize(receipt), boost::json::serialize(other)};
}

void judge(ByteView bytes) {
  static const std::string vkey = [] {
    std::string text = golden("log.vkey");
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }();
  static const Bytes genuine = from_hex(genuine_leaf()).value();
  ops::Options options;
  options.vkey = vkey;
  std::istringstream in{std::string(text_of(bytes))};
  std::ostringstream out;
  std::ostringstream err;
  ops::Console console{in, out, err};
  const auto said = ops::run_check(options, console);
  if (!said || said.value() != static_cast<int>(ops::kExitOk)) return;
  const auto given = boost::json::parse(text_of(bytes));
  CHECK(from_hex(std::string_view(given.at("leaf").as_string())).value() == genuine);
}

}  // namespace cartella::fuzz
