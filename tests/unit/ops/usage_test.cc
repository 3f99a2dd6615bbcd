// What a user of the command line reads is Italian and repeats nothing that was typed.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ops/exit_code.h"
#include "ops/options.h"
#include "tests/support/console.h"

namespace cartella::ops {
namespace {

struct Said {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Said parse(const std::vector<std::string>& words) {
  tests::ConsoleOfTest console;
  Said said;
  EXPECT_FALSE(parse_options(words, console.console, said.exit_code).has_value());
  said.out = console.out.str();
  said.err = console.err.str();
  return said;
}

TEST(Usage, AMissingOptionIsNamed) {
  const Said said = parse({"stats"});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_NE(said.err.find("manca --data"), std::string::npos) << said.err;
}

TEST(Usage, WhatIsNotUtf8IsRefusedAndNotRepeated) {
  const Said said = parse({"stats", "--data", "perch\xE9"});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_NE(said.err.find("non è UTF-8"), std::string::npos) << said.err;
  EXPECT_EQ(said.err.find("perch"), std::string::npos) << said.err;
}

TEST(Usage, AMissingVerbIsSaid) {
  const Said said = parse({});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_NE(said.err.find("manca il comando"), std::string::npos) << said.err;
}

TEST(Usage, AnIdentifierTypedAsAnArgumentIsNotRepeated) {
  const Said said = parse({"timeline", "--data", "/", "RSSMRA80A01H501U"});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_EQ(said.err.find("RSSMRA80A01H501U"), std::string::npos) << said.err;
}

TEST(Usage, AWrongValueNamesTheOptionAndNotTheValue) {
  const Said said =
      parse({"init", "--data", "/tmp", "--passphrase-file", "/nessun/file", "--ambito", "A"});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_NE(said.err.find("--passphrase-file"), std::string::npos) << said.err;
  EXPECT_NE(said.err.find("qui serve un file"), std::string::npos) << said.err;
  EXPECT_EQ(said.err.find("/nessun/file"), std::string::npos) << said.err;
}

TEST(Usage, ASizeHasNoSign) {
  for (const char* size : {"-1", "1.5", "0x10", ""}) {
    const Said said = parse({"prove", "--data", "/tmp", "--passphrase-file",
                             CARTELLA_SOURCE_DIR "/README.md", "--consistency", size});
    EXPECT_EQ(said.exit_code, kExitUsage) << size;
    EXPECT_NE(said.err.find("--consistency"), std::string::npos) << said.err;
  }
}

TEST(Usage, ARegionIsAnIstatCode) {
  for (const char* region : {"00", "21", "1", "010", "1a", "Umbria"}) {
    const Said said =
        parse({"init", "--data", "/tmp", "--passphrase-file", CARTELLA_SOURCE_DIR "/README.md",
               "--ambito", "A", "--region", region});
    EXPECT_EQ(said.exit_code, kExitUsage) << region;
    EXPECT_NE(said.err.find("da 01 a 20"), std::string::npos) << said.err;
  }
}

TEST(Usage, AnUnknownReportIsRefusedInItalian) {
  const Said said = parse({"report", "--data", "/tmp", "--passphrase-file",
                           CARTELLA_SOURCE_DIR "/README.md", "nessuno"});
  EXPECT_EQ(said.exit_code, kExitUsage);
  EXPECT_NE(said.err.find("ammessi"), std::string::npos) << said.err;
}

TEST(Usage, EveryHelpPageIsItalian) {
  const std::vector<std::vector<std::string>> verbs = {{},
                                                       {"init"},
                                                       {"registry"},
                                                       {"registry", "enable"},
                                                       {"registry", "disable"},
                                                       {"import"},
                                                       {"import", "registry"},
                                                       {"import", "predecessor"},
                                                       {"report"},
                                                       {"timeline"},
                                                       {"person"},
                                                       {"record"},
                                                       {"verify"},
                                                       {"checkpoint"},
                                                       {"prove"},
                                                       {"rebuild"},
                                                       {"stats"},
                                                       {"demo-data"}};
  for (auto words : verbs) {
    words.emplace_back("--help");
    const Said said = parse(words);
    EXPECT_EQ(said.exit_code, kExitOk);
    EXPECT_NE(said.out.find("Uso: "), std::string::npos) << said.out;
    for (const char* english : {"Usage", "Print", "Display", "REQUIRED", "TEXT", "Options", "ENUM",
                                "SUBCOMMAND", "Subcommands", "Positionals"})
      EXPECT_EQ(said.out.find(english), std::string::npos) << english << " in\n" << said.out;
  }
}

}  // namespace
}  // namespace cartella::ops
