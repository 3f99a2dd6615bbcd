// tests/fuzz/identifier.cc: codice fiscale and the other identifiers of a person (B-11).
//
// What is accepted stays accepted in its normal form, and means the same. Threads: one.
#include "base/check.h"
#include "cases/codice_fiscale.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {

std::vector<std::string> seeds() {
  return {"RSSMRA85T10A562S", "rss mra 85t10 a562s", "RSSMRA85T10A56NH", "STP1234567890123",
          "ENI1234567890123", "12345678903",         "RSSMRA85T50Z100X"};
}

void judge(ByteView bytes) {
  const std::string_view text = text_of(bytes);
  const std::string normal = cases::normalise_identifier(text);
  CHECK(cases::normalise_identifier(normal) == normal);
  if (const auto known = cases::classify_identifier(text)) {
    const auto again = cases::classify_identifier(known.value().value);
    CHECK(again.has_value() && again.value().kind == known.value().kind);
    CHECK(again.value().value == known.value().value);
  }
  if (const auto code = cases::parse_codice_fiscale(text)) {
    const auto base = cases::parse_codice_fiscale(code.value().base);
    CHECK(base.has_value() && base.value().substituted == 0);
    CHECK(base.value().day == code.value().day && base.value().month == code.value().month);
    CHECK(base.value().place == code.value().place && base.value().sex == code.value().sex);
    (void)cases::birth_date_of(code.value(), std::nullopt, Date{20'000});
  }
}

}  // namespace cartella::fuzz
