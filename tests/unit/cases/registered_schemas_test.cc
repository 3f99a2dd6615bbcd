// What a log knows of the schemas of the program that writes into it.
#include "cases/registered_schemas.h"

#include "schema/body.h"
#include "schema/schema_text.h"
#include "tests/unit/cases/log_fixture.h"

namespace cartella::cases {
namespace {

class RegisteredSchemasTest : public LogFixture {
 protected:
  InstallationCalls calls() { return {*x_log, *x_vault, x_server, x_clock}; }

  // A log that has begun, and whose schemas are still to be registered.
  void begin_again() {
    close();
    std::filesystem::remove_all(x_dir);
    std::filesystem::create_directories(x_dir);
    x_vault = crypto::Vault::create(x_dir, passphrase(), vault_options()).value();
    const AmbitoParameters ambito{"Ambito di prova", "prova", "", "test"};
    const LogIdentity identity = new_log_identity(ambito).value();
    x_log = store::Store::create(x_dir, identity.log, identity.origin, x_log_key, x_clock,
                                 store_options())
                .value();
    ASSERT_TRUE(begin_log(*x_log, *x_vault, x_log_key, x_server, x_clock, ambito));
  }
  void register_one(const schema::TypeInfo& info, const std::string& text) {
    Decision decision;
    decision.events.push_back(clear_event(
        schema::EventType::schema_registered, log_stream(x_log->log_id()),
        schema::encode_body<schema::SchemaRegistered>([&](auto to) {
          to.setType(static_cast<std::uint16_t>(info.type));
          to.setName(schema::text_from(std::string(info.name)));
          to.setSchemaId(info.schema_id);
          to.setRevision(info.revision);
          to.setRetentionCategory(schema::text_from(std::string(info.retention_category)));
          to.setTermStart(schema::text_from(std::string(info.term_start)));
          to.setText(schema::text_from(text));
        })));
    ASSERT_TRUE(calls().write(decision));
  }
};

TEST_F(RegisteredSchemasTest, ALogThatThisProgramBeganLacksNone) {
  EXPECT_TRUE(check_schemas(*x_log));
  const std::uint64_t before = x_log->size();
  EXPECT_EQ(register_schemas(*x_log, calls()).value(), 0U);
  EXPECT_EQ(x_log->size(), before);
}

TEST_F(RegisteredSchemasTest, WhatIsMissingIsNamedAndRegisteredOnce) {
  begin_again();
  EXPECT_EQ(check_schemas(*x_log).error().code, Errc::unsupported);
  const std::size_t all = schema::event_types().size() + 2;
  EXPECT_EQ(register_schemas(*x_log, calls()).value(), all);
  EXPECT_TRUE(check_schemas(*x_log));
  EXPECT_EQ(register_schemas(*x_log, calls()).value(), 0U);
}

TEST_F(RegisteredSchemasTest, WhatAnEarlierProgramRegisteredOtherwiseIsRegisteredAsItIsNow) {
  const schema::TypeInfo& changed = schema::event_types().back();
  begin_again();
  register_one(changed, "struct Earlier { }");
  EXPECT_EQ(register_schemas(*x_log, calls()).value(), schema::event_types().size() + 2);
  EXPECT_TRUE(check_schemas(*x_log));
}

TEST_F(RegisteredSchemasTest, OneThatWasCutShortGoesOnWhereItWas) {
  const schema::TypeInfo& known = schema::event_types().front();
  begin_again();
  register_one(known, schema::schema_text(known.schema_id));
  EXPECT_EQ(register_schemas(*x_log, calls()).value(), schema::event_types().size() + 1);
}

}  // namespace
}  // namespace cartella::cases
