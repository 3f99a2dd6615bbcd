#include "disclosure/screen.h"

#include <algorithm>
#include <regex>

namespace cartella::disclosure {

namespace {

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}
std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}
std::string digits(const std::string& text) {
  std::string only;
  for (const char c : text)
    if (c >= '0' && c <= '9') only += c;
  return only.size() > 10 && only.starts_with("39") ? only.substr(2) : only;
}

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Every match of `form` that stands alone and that `is_own` does not know.
template <class IsOwn>
std::size_t replace_foreign(std::string& text, const std::regex& form, IsOwn is_own) {
  std::string out;
  std::size_t count = 0;
  std::size_t at = 0;
  for (std::sregex_iterator found(text.begin(), text.end(), form), end; found != end; ++found) {
    const auto start = static_cast<std::size_t>(found->position());
    const auto length = static_cast<std::size_t>(found->length());
    const bool alone = (start == 0 || !is_word(text[start - 1])) &&
                       (start + length == text.size() || !is_word(text[start + length]));
    if (!alone || is_own(found->str())) continue;
    out.append(text, at, start - at);
    out.append(kScreened);
    at = start + length;
    ++count;
  }
  if (count == 0) return 0;
  out.append(text, at);
  text = std::move(out);
  return count;
}

}  // namespace

void add_own_values(OwnValues& own, const projections::PersonRecord& person, bool with_contacts) {
  for (const auto& each : person.identifiers) own.codes.insert(upper(each.value));
  if (!with_contacts) return;
  for (const std::string* phone : {&person.phone, &person.mobile})
    if (!phone->empty()) own.phones.insert(digits(*phone));
  if (!person.email.empty()) own.emails.insert(lower(person.email));
}

std::size_t screen_text(std::string& text, const OwnValues& own) {
  static const std::regex kCode(
      "[A-Za-z]{6}[0-9LMNPQRSTUVlmnpqrstuv]{2}[A-Za-z][0-9LMNPQRSTUVlmnpqrstuv]{2}"
      "[A-Za-z][0-9LMNPQRSTUVlmnpqrstuv]{3}[A-Za-z]|(?:STP|ENI|stp|eni)[0-9]{13}");
  static const std::regex kPhone(
      "(?:\\+39 ?)?(?:0[0-9]{1,3}[ ./-]?[0-9]{5,8}|3[0-9]{2}[ ./-]?[0-9]{6,7})");
  static const std::regex kEmail("[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\\.[A-Za-z]{2,24}");
  std::size_t count = replace_foreign(
      text, kCode, [&](const std::string& code) { return own.codes.contains(upper(code)); });
  count += replace_foreign(
      text, kEmail, [&](const std::string& email) { return own.emails.contains(lower(email)); });
  count += replace_foreign(
      text, kPhone, [&](const std::string& phone) { return own.phones.contains(digits(phone)); });
  return count;
}

}  // namespace cartella::disclosure
