// The samples and an invented ambito through the real store: nothing is written twice, later
// registry files raise the variations of known people, and a comune without an act stays out.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "cases/bootstrap.h"
#include "ops/demo_data.h"
#include "ops/import_predecessor.h"
#include "ops/import_registry.h"
#include "ops/workspace.h"
#include "schema/codec.h"

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& dir) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(dir)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string comune_of(const fs::path& registry_file) {
  const std::string name = registry_file.stem().string();
  return name.substr(name.size() - 13, 4);
}

class Import : public testing::Test {
 protected:
  void SetUp() override {
    x_root = fs::path(testing::TempDir()) / ("import_test-" + std::to_string(getpid()));
    fs::remove_all(x_root);
    fs::create_directories(x_root);
    const DemoOptions demo{.seed = 11, .people = 1500, .progress = {}};
    ASSERT_TRUE(write_demo_data(x_root / "demo", demo).has_value());
    x_registry = files_of(x_root / "demo" / "registry");
    Options options;
    options.ambito = "Prova";
    options.slug = "prova";
    auto workspace = Workspace::create(x_root / "data", crypto::Passphrase{"una frase di prova"},
                                       options, workspace_options());
    ASSERT_TRUE(workspace.has_value()) << workspace.error().detail;
    x_workspace = std::move(workspace).value();
    ASSERT_TRUE(x_workspace->finish_creation().has_value());
  }
  void TearDown() override {
    x_workspace.reset();
    fs::remove_all(x_root);
  }

  static WorkspaceOptions workspace_options() {
    WorkspaceOptions options;
    options.with_views = false;
    options.with_executor = true;
    options.with_reference = true;
    options.fast_passphrase = true;
    options.disk_reserve = false;
    return options;
  }
  void reopen() {
    x_workspace.reset();
    auto workspace = Workspace::open(x_root / "data", crypto::Passphrase{"una frase di prova"},
                                     workspace_options());
    ASSERT_TRUE(workspace.has_value()) << workspace.error().detail;
    x_workspace = std::move(workspace).value();
  }
  void enable_registries() {
    std::uint8_t number = 0;
    for (const fs::path& file : x_registry) {
      if (!file.filename().string().starts_with("ANA_PER_")) continue;
      cases::CommandContext context;
      context.command_id = EventId{{0x80, 1, 2, 3, 4, 5, 0x80, 6, 0x80, ++number}};
      context.actor = cases::installation_actor();
      context.controller = cases::installation_controller();
      context.occurred_at = x_workspace->clock().wall();
      const Date expires{date_of(x_workspace->clock().wall()).days + 30};
      auto enabled = x_workspace->executor().execute(
          context, cases::EnableRegistry{comune_of(file), "Atto n. 1", expires});
      ASSERT_TRUE(enabled.has_value()) << enabled.error().detail;
    }
  }
  RegistrySummary import_registers(const std::vector<fs::path>& files) {
    const RegistryTarget target{x_workspace->executor(), x_workspace->store(), x_workspace->vault(),
                                x_workspace->reference(), x_workspace->clock()};
    Rejects rejects;
    auto summary = import_registry(files, target, import_options(), rejects);
    EXPECT_TRUE(summary.has_value()) << summary.error().detail;
    return summary ? std::move(summary).value() : RegistrySummary{};
  }
  ImportSummary import_tables() {
    const ImportTarget target{x_workspace->executor(), x_workspace->vault(),
                              x_workspace->store().log_id(), &x_workspace->reference()};
    Rejects rejects;
    auto summary =
        import_predecessor(x_root / "demo" / "predecessor", target, import_options(), rejects);
    EXPECT_TRUE(summary.has_value()) << summary.error().detail;
    return summary ? summary.value() : ImportSummary{};
  }
  // The headers of all events, in the order of the log.
  void each_header(const std::function<void(const schema::HeaderView&)>& each) {
    const Status scanned = x_workspace->store().scan(
        0, x_workspace->store().size(), [&](const crypto::StoredEvent& event) -> Status {
          CARTELLA_TRY(const auto opened, crypto::open_event(x_workspace->store().eras(),
                                                             x_workspace->vault(), event));
          if (opened.segments.empty() || !opened.segments[0].available) return ok();
          CARTELLA_TRY(const auto header,
                       schema::decode_header(opened.segments[0].plaintext.message));
          each(header);
          return ok();
        });
    ASSERT_TRUE(scanned.has_value()) << scanned.error().detail;
  }
  static ImportOptions import_options() {
    ImportOptions options;
    options.actor = cases::installation_actor();
    return options;
  }

  fs::path x_root;
  std::vector<fs::path> x_registry;
  std::unique_ptr<Workspace> x_workspace;
};

TEST_F(Import, WritesNothingWhenItIsRunAgain) {
  enable_registries();
  import_registers(x_registry);
  const ImportSummary first = import_tables();
  const std::uint64_t events = x_workspace->store().size();

  reopen();
  const ImportSummary again = import_tables();
  const RegistrySummary registers = import_registers(x_registry);

  EXPECT_GT(first.new_events, 1000u);
  EXPECT_EQ(again.new_events, 0u);
  EXPECT_EQ(again.events, first.events);
  EXPECT_EQ(again.cards, first.cards);
  EXPECT_EQ(again.rejected, first.rejected);
  for (const auto& file : registers.files) EXPECT_EQ(file.skipped, "already_loaded");
  EXPECT_EQ(x_workspace->store().size(), events);
}

TEST_F(Import, LetsASectorManageTheCategoriesOfThePredecessor) {
  std::ofstream(x_root / "demo" / "predecessor" / "CS_REL_SETTORE_CATSOC.csv")
      << "SETTORE_ID;CATEGORIA_SOCIALE_ID;ABILITATO\n1;3;1\n";

  import_tables();

  const auto organisation = x_workspace->executor().organisation();
  const auto limited = std::ranges::count_if(organisation->sectors, [](const auto& sector) {
    return sector.second.categories == std::set<std::string, std::less<>>{"3"};
  });
  EXPECT_EQ(limited, 1);
}

TEST_F(Import, RefusesAClosedMigrationUnlessANewOneIsAskedFor) {
  const ImportSummary first = import_tables();
  const std::uint64_t events = x_workspace->store().size();
  ASSERT_TRUE(finish_predecessor_import(x_workspace->vault()).has_value());
  reopen();
  Rejects rejects;
  const ImportTarget target{x_workspace->executor(), x_workspace->vault(),
                            x_workspace->store().log_id(), &x_workspace->reference()};
  const fs::path tables = x_root / "demo" / "predecessor";

  const auto refused = import_predecessor(tables, target, import_options(), rejects);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().detail.find("--new-migration"), std::string::npos);
  EXPECT_EQ(x_workspace->store().size(), events);

  ImportOptions asked = import_options();
  asked.new_migration = true;
  const auto anew = import_predecessor(tables, target, asked, rejects);
  ASSERT_TRUE(anew.has_value()) << anew.error().detail;
  EXPECT_GT(anew.value().new_events, 0u);
  EXPECT_LE(anew.value().new_events, first.new_events);
  EXPECT_EQ(import_tables().new_events, 0u);  // the new migration is open: it goes on
}

TEST_F(Import, RefusesTheRegistryOfAComuneWithoutAnAct) {
  const RegistryTarget target{x_workspace->executor(), x_workspace->store(), x_workspace->vault(),
                              x_workspace->reference(), x_workspace->clock()};
  Rejects rejects;

  const auto summary = import_registry(x_registry, target, import_options(), rejects);

  EXPECT_EQ(cases::refusal_code(summary.error()), "registry_not_enabled");
  EXPECT_TRUE(x_workspace->reference().comuni(store::ReferenceKind::residents).value().empty());
}

TEST_F(Import, KeepsResidentsWhomNobodyMetOutOfTheLedger) {
  enable_registries();
  const std::uint64_t before = x_workspace->store().size();

  import_registers(x_registry);

  EXPECT_EQ(x_workspace->store().size(), before + x_registry.size());  // one event a file
}

// Moves everybody of one file to another house number, as of a later export.
std::uint64_t write_later_file(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream out(to, std::ios::binary);
  std::uint64_t moved = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.size() == 666) {
      line.replace(201, 5, "999  ");
      ++moved;
    }
    out << line << '\n';
  }
  return moved;
}

TEST_F(Import, RaisesOneVariationForEachKnownPersonWhoMoved) {
  enable_registries();
  import_registers(x_registry);
  import_tables();
  const auto source = std::ranges::find_if(x_registry, [](const fs::path& file) {
    return file.filename().string().starts_with("ANA_PER_");
  });
  const fs::path later = x_root / ("ANA_PER_" + comune_of(*source) + "_20260131.txt");
  const std::uint64_t moved = write_later_file(*source, later);
  const std::uint64_t before = x_workspace->store().size();

  const RegistrySummary first = import_registers({later});
  const std::uint64_t events = x_workspace->store().size() - before;
  const RegistrySummary again = import_registers({later});

  ASSERT_EQ(first.files.size(), 1u);
  EXPECT_GT(first.files[0].known, 0u);
  EXPECT_LT(first.files[0].known, moved);
  EXPECT_EQ(first.files[0].variations, first.files[0].known);
  EXPECT_EQ(events, 2 * first.files[0].variations + 1);  // the variation, its fact, the file
  EXPECT_EQ(again.files[0].skipped, "already_loaded");
  EXPECT_EQ(import_registers({*source}).files[0].skipped, "older_file");
}

TEST_F(Import, DestroysTheKeyOfARegistryFileWhenItsImportIsComplete) {
  enable_registries();

  import_registers(x_registry);

  EXPECT_TRUE(x_workspace->vault().named_secrets("import/registry").value().empty());
}

TEST_F(Import, RepeatsAnInterruptedRegistryFileWithoutLosingOrRepeatingAVariation) {
  enable_registries();
  import_registers(x_registry);
  import_tables();
  const auto source = std::ranges::find_if(x_registry, [](const fs::path& file) {
    return file.filename().string().starts_with("ANA_PER_");
  });
  const std::string comune = comune_of(*source);
  const fs::path later = x_root / ("ANA_PER_" + comune + "_20260131.txt");
  write_later_file(*source, later);
  const RegistryTarget target{x_workspace->executor(), x_workspace->store(), x_workspace->vault(),
                              x_workspace->reference(), x_workspace->clock()};
  Rejects rejects;
  const std::uint64_t before = x_workspace->store().size();

  // Another load of the comune is under way: the import stops after its variations.
  auto other = x_workspace->reference().replace_residents(comune).value();
  const auto stopped = import_registry(std::vector{later}, target, import_options(), rejects);
  EXPECT_EQ(stopped.error().code, Errc::unavailable);
  const std::uint64_t varied = x_workspace->store().size() - before;
  EXPECT_GT(varied, 0u);
  EXPECT_EQ(x_workspace->vault().named_secrets("import/registry").value().size(), 1u);
  other.reset();
  const RegistrySummary again = import_registers({later});

  EXPECT_EQ(2 * again.files[0].variations, varied);
  EXPECT_EQ(x_workspace->store().size() - before, varied + 1);
  EXPECT_TRUE(x_workspace->vault().named_secrets("import/registry").value().empty());
  EXPECT_EQ(import_registers({later}).files[0].skipped, "already_loaded");
}

TEST_F(Import, RefusesARegistryFileThatChangedBetweenItsTwoReadings) {
  enable_registries();
  import_registers(x_registry);
  import_tables();
  const RegistryTarget target{x_workspace->executor(), x_workspace->store(), x_workspace->vault(),
                              x_workspace->reference(), x_workspace->clock()};
  for (const char* prefix : {"ANA_PER_", "ANA_VIE_"}) {
    const auto source = std::ranges::find_if(x_registry, [&](const fs::path& file) {
      return file.filename().string().starts_with(prefix);
    });
    const fs::path later = x_root / (prefix + comune_of(*source) + "_20260131.txt");
    fs::copy_file(*source, later, fs::copy_options::overwrite_existing);
    const std::uint64_t before = x_workspace->store().size();
    ImportOptions options = import_options();
    bool changed = false;
    options.progress = [&](std::string_view, std::uint64_t done, std::uint64_t) {
      // The first file has been controlled when the second one's turn comes.
      if (done != 1 || changed) return;
      changed = true;
      if (write_later_file(*source, later) == 0) std::ofstream(later, std::ios::app) << "99999\n";
    };
    Rejects rejects;

    const auto summary = import_registry(std::vector{later, *source}, target, options, rejects);

    ASSERT_TRUE(changed);
    EXPECT_EQ(cases::refusal_code(summary.error()), "file_changed") << summary.error().detail;
    EXPECT_EQ(x_workspace->store().size(), before);
    // Complete, it is loaded.
    EXPECT_EQ(import_registers({later}).files[0].skipped, "");
  }
}

TEST_F(Import, TakesFirstRegistryFactsOfPeopleWhomThePredecessorBrought) {
  enable_registries();
  import_tables();
  const std::uint64_t before = x_workspace->store().size();

  const RegistrySummary first = import_registers(x_registry);
  const std::uint64_t after = x_workspace->store().size();
  const RegistrySummary again = import_registers(x_registry);

  std::uint64_t known = 0;
  for (const auto& file : first.files) {
    known += file.known;
    EXPECT_EQ(file.variations, 0u) << file.file;
  }
  EXPECT_GT(known, 0u);
  EXPECT_GT(after, before + first.files.size() + known);
  for (const auto& file : again.files) EXPECT_EQ(file.skipped, "already_loaded");
  EXPECT_EQ(x_workspace->store().size(), after);
  std::uint64_t identities = 0;
  std::uint64_t residences = 0;
  each_header([&](const schema::HeaderView& header) {
    if (header.source != "registry") return;
    identities += header.type == schema::EventType::identity_recorded ? 1 : 0;
    residences += header.type == schema::EventType::residence_recorded ? 1 : 0;
  });
  EXPECT_GE(identities, known);  // a person whom two enti know has two streams
  EXPECT_EQ(residences, identities);
  EXPECT_EQ(import_tables().new_events, 0u);
}

TEST_F(Import, RaisesVariationsOfPeopleWhomTheRegistryMetAfterThePredecessor) {
  enable_registries();
  import_tables();
  import_registers(x_registry);
  const auto source = std::ranges::find_if(x_registry, [](const fs::path& file) {
    return file.filename().string().starts_with("ANA_PER_");
  });
  const fs::path later = x_root / ("ANA_PER_" + comune_of(*source) + "_20260131.txt");
  write_later_file(*source, later);

  const RegistrySummary varied = import_registers({later});

  ASSERT_EQ(varied.files.size(), 1u);
  EXPECT_GT(varied.files[0].known, 0u);
  EXPECT_EQ(varied.files[0].variations, varied.files[0].known);
}

// Writes one cell of the first row of a table; the row must have no quoted cell before it.
void set_cell(const fs::path& table, const std::string& column, const std::string& value) {
  std::ifstream in(table);
  std::string header;
  std::string row;
  ASSERT_TRUE(std::getline(in, header) && std::getline(in, row)) << table;
  for (std::string* line : {&header, &row})
    if (line->ends_with('\r')) line->pop_back();
  std::ostringstream rest;
  rest << in.rdbuf();
  in.close();
  std::size_t begin = 0;
  std::istringstream names(header);
  for (std::string name; std::getline(names, name, ';') && name != column;)
    begin = row.find(';', begin) + 1;
  ASSERT_EQ(row.substr(0, begin).find('"'), std::string::npos);
  row.replace(begin, std::min(row.find(';', begin), row.size()) - begin, value);
  std::ofstream(table) << header << '\n' << row << '\n' << rest.str();
}

TEST_F(Import, RecordsWhatTheCaseKnowsOfItsPersonAndAServiceWithoutCost) {
  const fs::path tables = x_root / "demo" / "predecessor";
  set_cell(tables / "CS_A_ANAGRAFICA.csv", "TEL", "0759999999");
  set_cell(tables / "CS_A_ANAGRAFICA.csv", "NOTE", "Chiamare di mattina");
  set_cell(tables / "CS_I_INTERVENTO_ESEG.csv", "SPESA", "0.00");
  set_cell(tables / "CS_I_INTERVENTO_ESEG.csv", "COMPART_UTENTI", "0.00");
  set_cell(tables / "CS_I_INTERVENTO_ESEG.csv", "COMPART_SSN", "0.00");

  const ImportSummary summary = import_tables();

  std::map<schema::EventType, std::uint64_t> of_subject;
  std::uint64_t deliveries = 0;
  std::uint64_t people_with_both_rows = 0;
  each_header([&](const schema::HeaderView& header) {
    deliveries += header.type == schema::EventType::benefit_delivered ? 1 : 0;
    std::set<std::string> rows;
    for (const auto& ref : header.external_refs) rows.insert(ref.table);
    if (rows.contains("CS_A_ANAGRAFICA")) ++of_subject[header.type];
    if (header.type == schema::EventType::person_registered && rows.size() == 2)
      ++people_with_both_rows;
  });
  EXPECT_EQ(of_subject[schema::EventType::contact_recorded], 1u);
  EXPECT_EQ(of_subject[schema::EventType::note_recorded], 1u);
  EXPECT_GT(people_with_both_rows, 0u);
  EXPECT_EQ(deliveries, summary.deliveries);
  EXPECT_EQ(import_tables().new_events, 0u);
}

TEST_F(Import, NamesTheOperatorAndTheUnitOfThePredecessorInEveryEvent) {
  import_tables();

  using Type = schema::EventType;
  std::map<Type, std::uint64_t> named;
  each_header([&](const schema::HeaderView& header) {
    if (header.source != "SISO") return;
    EXPECT_EQ(header.actor, cases::installation_actor());
    if (!header.on_behalf_of.is_zero() && !header.unit.is_zero()) ++named[header.type];
    switch (header.type) {
      case Type::person_registered:
      case Type::card_opened:
      case Type::case_opened:
      case Type::case_state_changed:
      case Type::interview_recorded:
      case Type::benefit_granted:
      case Type::benefit_delivered:
        EXPECT_FALSE(header.on_behalf_of.is_zero()) << static_cast<int>(header.type);
        EXPECT_FALSE(header.unit.is_zero()) << static_cast<int>(header.type);
        break;
      default: break;
    }
  });
  for (const Type type : {Type::card_opened, Type::interview_recorded, Type::benefit_delivered})
    EXPECT_GT(named[type], 0u);
}

TEST_F(Import, TakesTheIdentityOfAMetPersonFromTheRegistry) {
  enable_registries();
  import_registers(x_registry);
  const ImportSummary with = import_tables();

  // Residence and household follow a registration only where the registry knows the person.
  std::uint64_t residences = 0;
  each_header([&](const schema::HeaderView& header) {
    if (header.type != schema::EventType::residence_recorded) return;
    EXPECT_EQ(header.source, "registry");
    EXPECT_FALSE(header.legal_basis_confirmed);
    ++residences;
  });
  EXPECT_GT(residences, with.people / 2);
  EXPECT_LT(residences, with.people);
}

}  // namespace
}  // namespace cartella::ops
