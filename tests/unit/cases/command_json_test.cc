#include "cases/command_json.h"

#include <gtest/gtest.h>

#include <boost/pfr.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "cases/bootstrap.h"
#include "cases/canonical.h"
#include "cases/command_fields.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

// ---- values that fit a field --------------------------------------------------------------------
std::string sample(const FieldForm& field);

std::string object_of(const std::vector<FieldForm>& fields, const std::string& more) {
  std::string text;
  for (const FieldForm& field : fields)
    if (field.is_required || field.name == more)
      text += (text.empty() ? "" : ", ") + ('"' + field.name + "\": ") + sample(field);
  return '{' + text + '}';
}

std::string one_sample(const FieldForm& field) {
  switch (field.kind) {
    case FieldKind::id: return '"' + id_of<StreamId>(77).hex() + '"';
    case FieldKind::text: return "\"parola\"";
    case FieldKind::flag: return "true";
    case FieldKind::whole: return "7";
    case FieldKind::date: return "\"2026-06-01\"";
    case FieldKind::time: return "\"2026-06-01T08:00:00Z\"";
    case FieldKind::hash: return '"' + std::string(64, 'a') + '"';
    case FieldKind::bytes: return '"' + std::string(128, 'b') + '"';
    case FieldKind::word: return '"' + field.words.back() + '"';
    case FieldKind::object: {
      std::string text;
      for (const FieldForm& part : field.parts)
        text += (text.empty() ? "" : ", ") + ('"' + part.name + "\": ") + sample(part);
      return '{' + text + '}';
    }
  }
  return "null";
}

std::string sample(const FieldForm& field) {
  return field.is_list ? '[' + one_sample(field) + ']' : one_sample(field);
}

std::string envelope(std::string_view command, const std::string& fields,
                     const std::string& more = "") {
  return R"({"command": ")" + std::string(command) + R"(", )" + more + R"("fields": )" + fields +
         '}';
}

std::string fault(const std::string& text) {
  const auto read = read_command(text);
  if (read) return "";
  EXPECT_EQ(read.error().code, Errc::invalid_input);
  return std::string(refusal_code(read.error()));
}

std::vector<CommandForm> forms_for_people() {
  std::vector<CommandForm> forms;
  for (const CommandForm& form : command_forms())
    if (form.is_for_people) forms.push_back(form);
  return forms;
}

template <std::size_t Index>
std::size_t member_count() {
  return boost::pfr::tuple_size_v<std::variant_alternative_t<Index, Command>>;
}
template <std::size_t... Index>
std::vector<std::size_t> member_counts(std::index_sequence<Index...>) {
  return {member_count<Index>()...};
}

// ---- the table ----------------------------------------------------------------------------------
TEST(CommandForms, CoverEveryAlternativeOfTheVariantOnce) {
  const auto& forms = command_forms();
  ASSERT_EQ(forms.size(), std::variant_size_v<Command>);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    EXPECT_EQ(forms[i].alternative, i) << forms[i].name;
    EXPECT_TRUE(names.insert(forms[i].name).second) << forms[i].name;
    EXPECT_EQ(forms[i].is_for_people, forms[i].read != nullptr) << forms[i].name;
  }
}

TEST(CommandForms, NameEveryMemberOfEveryCommand) {
  const auto counts = member_counts(std::make_index_sequence<std::variant_size_v<Command>>());
  for (const CommandForm& form : forms_for_people())
    EXPECT_EQ(form.fields().size(), counts[form.alternative]) << form.name;
}

TEST(CommandForms, PutEachFieldIntoAMemberOfItsOwn) {
  const CommandContext context;
  for (const CommandForm& form : forms_for_people()) {
    std::set<Bytes> seen;
    const auto fields = form.fields();
    const auto bytes_with = [&](const std::string& name) {
      std::string text = envelope(form.name, object_of(fields, name));
      if (name == "enabled") text.replace(text.rfind("true"), 4, "false");  // true is the default
      const auto request = read_command(text);
      EXPECT_TRUE(request) << text << (request ? "" : request.error().detail);
      return request ? canonical_bytes(context, request.value().command) : Bytes{};
    };
    seen.insert(bytes_with(""));
    std::size_t optional = 0;
    for (const FieldForm& field : fields) {
      if (field.is_required) continue;
      ++optional;
      seen.insert(bytes_with(field.name));
    }
    EXPECT_EQ(seen.size(), optional + 1) << form.name;
  }
}

TEST(CommandForms, RefuseToGoWithoutWhatIsRequired) {
  for (const CommandForm& form : forms_for_people()) {
    const auto fields = form.fields();
    for (const FieldForm& field : fields) {
      if (!field.is_required) continue;
      auto others = fields;
      std::erase_if(others, [&](const FieldForm& one) { return one.name == field.name; });
      EXPECT_EQ(fault(envelope(form.name, object_of(others, ""))), "missing_field")
          << form.name << ' ' << field.name;
    }
  }
}

// ---- one command --------------------------------------------------------------------------------
const std::string kDelivery =
    R"({"benefit": ")" + id_of<StreamId>(5).hex() + R"(", "delivered_on": "2026-06-15")";

TEST(ReadCommand, ReadsTheEnvelopeAndTheFields) {
  const std::string text = envelope(
      "record_delivery", kDelivery + R"(, "amount_cents": 5, "ente_cents": 5, "minutes": 90})",
      R"("id": ")" + id_of<EventId>(6).hex() + R"(", "actor": ")" + kWorker.hex() +
          R"(", "unit": ")" + kSector.hex() +
          R"(", "expected_revision": 3, "occurred_at": "2026-06-15T10:00:00Z",
             "valid_from": "2026-06-01", )");

  const auto read = read_command(text);

  ASSERT_TRUE(read) << read.error().detail;
  const CommandRequest& request = read.value();
  EXPECT_EQ(request.id, id_of<EventId>(6));
  EXPECT_EQ(request.actor, kWorker);
  EXPECT_EQ(request.unit, kSector);
  EXPECT_EQ(request.expected_revision, 3);
  EXPECT_EQ(request.valid_from, make_date(2026, 6, 1));
  const auto& delivery = std::get<RecordDelivery>(request.command);
  EXPECT_EQ(delivery.benefit, id_of<StreamId>(5));
  EXPECT_EQ(delivery.delivered_on, make_date(2026, 6, 15));
  EXPECT_EQ(delivery.amount_cents, 5);
  EXPECT_EQ(delivery.minutes, 90u);
}

TEST(ReadCommand, NamesTheFieldAndNeverTheValue) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"(, "amount": 15})", "unknown_field: il campo amount"},
      {R"(, "minutes": -4321})", "bad_field: il campo minutes"},
      {R"(, "minutes": 4294967296})", "bad_field: il campo minutes"},
      {R"(, "minutes": "4321"})", "bad_field: il campo minutes"},
      {R"(, "worker": "segreto4321"})", "bad_field: il campo worker"},
      {R"(, "status": 4321})", "bad_field: il campo status"},
      {R"(, "status": "a", "status": "segreto"})", "duplicate_field: il campo status"},
      {R"(, "amount_cents": 4321.5})", "bad_number: "}};
  for (const auto& [rest, start] : wrong) {
    const auto read = read_command(envelope("record_delivery", kDelivery + rest));
    ASSERT_FALSE(read) << rest;
    EXPECT_TRUE(read.error().detail.starts_with(start)) << read.error().detail;
    EXPECT_EQ(read.error().detail.find("4321"), std::string::npos) << read.error().detail;
    EXPECT_EQ(read.error().detail.find("segreto"), std::string::npos) << read.error().detail;
  }
}

TEST(ReadCommand, NamesAFieldInsideAnother) {
  const auto read = read_command(envelope(
      "register_person", R"({"identity": {"surname": "Provetta", "birth_date": "1959-02-30"}})"));

  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().detail.starts_with("bad_field: il campo identity.birth_date"))
      << read.error().detail;
  EXPECT_EQ(fault(envelope("register_person", R"({"identity": {"cognome": "Provetta"}})")),
            "unknown_field");
  EXPECT_EQ(fault(envelope("register_person", R"({"identity": "Provetta"})")), "bad_field");
  EXPECT_EQ(fault(envelope("register_person", R"({"identifiers": [{"kind": "cf"}]})")),
            "missing_field");
  EXPECT_EQ(fault(envelope("register_person", R"({"identifiers": [{"kind": "x", "value": ""}]})")),
            "bad_field");
}

TEST(ReadCommand, KeepsTheDefaultOfWhatIsNull) {
  const auto read = read_command(envelope(
      "define_need", R"({"need": ")" + kNeed.hex() + R"(", "label": "a", "enabled": null})"));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_TRUE(std::get<DefineNeed>(read.value().command).enabled);
}

TEST(ReadCommand, RefusesUnknownCommandsAndThoseOfTheSystem) {
  EXPECT_EQ(fault(envelope("delete_person", "{}")), "unknown_command");
  EXPECT_EQ(fault(envelope("open_import", "{}")), "machine_command");
  EXPECT_EQ(fault(R"({"fields": {}})"), "missing_field");
  EXPECT_EQ(fault(R"({"command": "open_card"})"), "missing_field");
  EXPECT_EQ(fault(R"({"command": "open_card", "fields": []})"), "bad_field");
  EXPECT_EQ(fault(R"([])"), "bad_json");
  EXPECT_EQ(fault(R"({"command": "close_card", "fields": {}, "note": ""})"), "unknown_field");
}

// ---- who acts -----------------------------------------------------------------------------------
class ContextOf : public ::testing::Test {
 protected:
  World world;
  ManualClock clock{start_of(kToday)};
  CommandRequest request;

  ContextOf() {
    request.actor = kWorker;
    request.unit = kSector;
    request.command = CloseBenefit{};
  }
  Result<CommandContext> made() const { return context_of(request, world.organisation(), clock); }
  std::string refusal() const {
    const auto context = made();
    return context ? "" : std::string(refusal_code(context.error()));
  }
};

TEST_F(ContextOf, ActsForTheEnteOfTheUnit) {
  for (const UnitId& unit : {kSector, kOffice, kEnte}) {
    request.unit = unit;
    EXPECT_EQ(made().value().controller, controller_of(kEnte));
    EXPECT_EQ(made().value().unit, unit);
  }
  request.unit = kZone;
  EXPECT_EQ(refusal(), "unknown_unit");
  request.unit = kClosedOffice;
  EXPECT_EQ(refusal(), "disabled_unit");
  request.unit = {};
  EXPECT_EQ(refusal(), "missing_field");
}

TEST_F(ContextOf, ActsOnlyForAnOperatorThatIsEnabled) {
  request.actor = id_of<OperatorId>(50);
  EXPECT_EQ(refusal(), "unknown_operator");
  world.must(DefineOperator{kColleague, "operatore002", false});
  request.actor = kColleague;
  EXPECT_EQ(refusal(), "disabled_operator");
  request.actor = {};
  EXPECT_EQ(refusal(), "missing_field");
}

TEST_F(ContextOf, LetsTheInstallationDefineTheOrganisationAndNothingElse) {
  request.actor = {};
  request.unit = {};
  request.command = DefineCategory{"9", "Altro", true};
  EXPECT_EQ(made().value().actor, installation_actor());
  EXPECT_EQ(made().value().controller, installation_controller());
  for (const Command& command : {Command(RevokeSigner{}), Command(OpenCase{})}) {
    request.command = command;
    EXPECT_EQ(refusal(), "missing_field");
  }
}

TEST_F(ContextOf, LetsTheInstallationGrantARoleButTakeNoneAwayAndDecideOnNoMandate) {
  request.unit = {};
  for (const Command& command : {Command(GrantRole{}), Command(RevokeRole{}),
                                 Command(ProposeAuditMandate{}), Command(DecideAuditMandate{})}) {
    request.command = command;
    request.actor = kWorker;
    EXPECT_EQ(made().value().controller, installation_controller());
    request.actor = {};
    EXPECT_EQ(refusal(), std::holds_alternative<GrantRole>(command) ? "" : "missing_field");
  }
  request.command = RecordDisclosure{};
  request.actor = kWorker;
  EXPECT_EQ(refusal(), "missing_field") << "what left is somebody's: a controller's";
}

TEST_F(ContextOf, TakesTheTimeAndANewIdWhereNoneIsGiven) {
  const auto first = made().value();
  const auto second = made().value();
  EXPECT_EQ(first.occurred_at, clock.wall());
  EXPECT_NE(first.command_id, second.command_id);
  EXPECT_FALSE(first.basis_confirmed);
  request.id = id_of<EventId>(6);
  EXPECT_EQ(refusal(), "missing_field") << "a repetition at another time would be another command";
  request.occurred_at = TimeUs{5};
  request.legal_basis = "art. 6.1.e GDPR";
  EXPECT_EQ(made().value().command_id, id_of<EventId>(6));
  EXPECT_EQ(made().value().occurred_at, TimeUs{5});
  EXPECT_TRUE(made().value().basis_confirmed);
}

// ---- the page -----------------------------------------------------------------------------------
std::string page_text() {
  std::ostringstream text;
  text << std::ifstream(std::string(CARTELLA_SOURCE_DIR) + "/docs/commands.md").rdbuf();
  return text.str();
}

std::map<std::string, std::string> sections_of_the_page() {
  std::map<std::string, std::string> sections;
  std::istringstream lines(page_text());
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) name = line.starts_with("### ") ? line.substr(4) : "";
    if (!name.empty()) sections[name] += line + '\n';
  }
  return sections;
}

TEST(CommandsPage, ListsEveryCommandWithEveryFieldAndAnExampleThatIsAccepted) {
  const auto sections = sections_of_the_page();
  const auto forms = forms_for_people();
  for (const CommandForm& form : command_forms()) {
    if (form.is_for_people) continue;
    EXPECT_NE(page_text().find('`' + std::string(form.name) + '`'), std::string::npos) << form.name;
  }
  EXPECT_EQ(sections.size(), forms.size());
  const std::regex block("```json\n([^`]*)\n```");
  for (const CommandForm& form : forms) {
    const auto section = sections.find(std::string(form.name));
    ASSERT_NE(section, sections.end()) << form.name;
    for (const FieldForm& field : form.fields()) {
      const std::string row = "| `" + field.name + "` | ";
      const std::size_t at = section->second.find(row);
      ASSERT_NE(at, std::string::npos) << form.name << ' ' << field.name;
      const std::string line = section->second.substr(at, section->second.find('\n', at) - at);
      EXPECT_EQ(line.find("| obbligatorio |") != std::string::npos, field.is_required) << line;
    }
    std::smatch example;
    ASSERT_TRUE(std::regex_search(section->second, example, block)) << form.name;
    const auto request = read_command(example[1].str());
    ASSERT_TRUE(request) << form.name << ": " << request.error().detail;
    EXPECT_EQ(request.value().command.index(), form.alternative) << form.name;
  }
}

}  // namespace
}  // namespace cartella::cases
