// tests/fuzz/command.cc: a command as JSON, from a person or a machine (B-02).
//
// What is refused says so with a code and never repeats a value: a marker in the text must not come
// back in the message. Threads: one.
#include "base/check.h"
#include "cases/command_json.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

constexpr std::string_view kMarker = "Zx9Qv";

std::string one_value(const cases::FieldForm& field);
std::string value_of(const cases::FieldForm& field) {
  return field.is_list ? '[' + one_value(field) + ']' : one_value(field);
}
std::string object_of(const std::vector<cases::FieldForm>& fields) {
  std::string text;
  for (const cases::FieldForm& field : fields)
    text += (text.empty() ? "\"" : ",\"") + field.name + "\":" + value_of(field);
  return '{' + text + '}';
}
std::string one_value(const cases::FieldForm& field) {
  using cases::FieldKind;
  switch (field.kind) {
    case FieldKind::id: return '"' + std::string(32, '7') + '"';
    case FieldKind::text: return "\"Zx9Qv\"";
    case FieldKind::flag: return "true";
    case FieldKind::whole: return "7";
    case FieldKind::date: return "\"2026-06-01\"";
    case FieldKind::time: return "\"2026-06-01T08:00:00Z\"";
    case FieldKind::hash: return '"' + std::string(64, 'a') + '"';
    case FieldKind::bytes: return '"' + std::string(128, 'b') + '"';
    case FieldKind::word: return '"' + field.words.back() + '"';
    case FieldKind::object: return object_of(field.parts);
  }
  return "null";
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const cases::CommandForm& form : cases::command_forms())
    if (form.is_for_people)
      texts.push_back(R"({"command":")" + std::string(form.name) + R"(","id":")" +
                      std::string(32, '1') + R"(","actor":")" + std::string(32, '2') +
                      R"(","unit":")" + std::string(32, '3') +
                      R"(","purpose":"x","expected_revision":3,)"
                      R"("occurred_at":"2026-06-01T08:00:00Z","fields":)" +
                      object_of(form.fields()) + '}');
  return texts;
}

void judge(ByteView bytes) {
  const std::string_view text = text_of(bytes);
  const auto request = cases::read_command(text);
  if (!request) {
    CHECK(request.error().code == Errc::invalid_input);
    CHECK(request.error().detail.find(kMarker) == std::string::npos);
  }
}

}  // namespace cartella::fuzz
