// What `init` and `import close` ask for and print.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "ops/exit_code.h"
#include "ops/run.h"
#include "tests/support/console.h"

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;

class RunInit : public ::testing::Test {
 protected:
  RunInit()
      : x_root(fs::path(::testing::TempDir()) /
               ("run_init_" + std::to_string(getpid()) + "_" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(x_root);
    fs::create_directories(x_root);
    std::ofstream(x_root / "frase") << "una frase di accesso per le prove\n";
    fs::permissions(x_root / "frase", fs::perms::owner_read | fs::perms::owner_write);
    x_options.data = x_root / "archivio";
    x_options.passphrase_file = x_root / "frase";
    x_options.ambito = "Ambito di prova";
    x_options.mode = "test";
    x_options.quiet = true;
  }
  ~RunInit() override { fs::remove_all(x_root); }

  // Standard output of one verb that succeeds.
  template <class Run>
  std::string said(Run run, Format format) {
    x_options.format = format;
    tests::ConsoleOfTest console;
    const auto outcome = run(x_options, console.console);
    EXPECT_TRUE(outcome.has_value() && outcome.value() == kExitOk);
    return console.out.str();
  }

  fs::path x_root;
  Options x_options;
};

TEST_F(RunInit, ProductionNeedsARegion) {
  x_options.mode = "production";
  tests::ConsoleOfTest console;
  const auto outcome = run_init(x_options, console.console);
  ASSERT_TRUE(outcome.has_error());
  EXPECT_EQ(outcome.error().code, Errc::invalid_argument);
  EXPECT_NE(outcome.error().detail.find("--region"), std::string::npos);
  EXPECT_FALSE(fs::exists(x_options.data));
}

TEST_F(RunInit, PrintsOriginAndKeyAsJson) {
  const auto out = boost::json::parse(said(run_init, Format::json)).as_object();
  const auto& row = out.at("archive").as_array().at(0).as_object();
  EXPECT_TRUE(std::string_view(row.at("origin").as_string()).starts_with("cartella/"));
  EXPECT_TRUE(std::string_view(row.at("vkey").as_string())
                  .starts_with(std::string_view(row.at("origin").as_string())));
}

TEST_F(RunInit, PrintsOriginAndKeyAsCsv) {
  const std::string out = said(run_init, Format::csv);
  EXPECT_TRUE(out.starts_with("Origine;Chiave del registro (vkey)\r\ncartella/")) << out;
}

TEST_F(RunInit, ImportClosePrintsItsResultInTheFormat) {
  said(run_init, Format::table);
  const auto out = boost::json::parse(said(run_import_close, Format::json)).as_object();
  const auto& row = out.at("migration").as_array().at(0).as_object();
  EXPECT_EQ(row.at("state").as_string(), "chiusa");
  EXPECT_NE(said(run_import_close, Format::table).find("chiusa"), std::string::npos);
}

}  // namespace
}  // namespace cartella::ops
