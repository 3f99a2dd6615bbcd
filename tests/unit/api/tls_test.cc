#include "api/tls.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/unit/api/server_fixture.h"

namespace cartella::api {
namespace {

using testing::becomes_true;
using testing::Folder;
using testing::get;
using tests::TlsChoice;

class Tls : public testing::ServerTest {
 protected:
  void replace_certificate() {
    std::filesystem::remove(x_options.certificate_file);
    std::filesystem::remove(x_options.key_file);
    ASSERT_TRUE(make_self_signed(x_options.certificate_file, x_options.key_file, "localhost"));
  }
  void spoil(const std::string& path) { std::ofstream(path) << "no PEM"; }
};

TEST_F(Tls, SpeaksOnly12And13) {
  start();
  EXPECT_FALSE(connect({.version_min = TLS1_VERSION, .version_max = TLS1_VERSION})->is_connected());
  EXPECT_FALSE(
      connect({.version_min = TLS1_1_VERSION, .version_max = TLS1_1_VERSION})->is_connected());
  const auto twelve = connect({.version_max = TLS1_2_VERSION});
  EXPECT_EQ(twelve->ask(get("/")).status, 200U);
  EXPECT_EQ(twelve->tls_version(), "TLSv1.2");
  const auto thirteen = connect();
  EXPECT_EQ(thirteen->ask(get("/")).status, 200U);
  EXPECT_EQ(thirteen->tls_version(), "TLSv1.3");
  EXPECT_EQ(counters().handshakes_failed, 2U);
}

TEST_F(Tls, RefusesCiphersWithoutForwardSecrecyOrAuthentication) {
  start();
  for (const char* weak : {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256",
                           "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-CCM", "aNULL", "eNULL"})
    EXPECT_FALSE(connect({.version_max = TLS1_2_VERSION, .ciphers = weak})->is_connected()) << weak;
  const auto client =
      connect({.version_max = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"});
  EXPECT_EQ(client->ask(get("/")).status, 200U);
}

TEST_F(Tls, AgreesOnHttp11AndNothingElse) {
  start();
  EXPECT_EQ(connect({.protocols = "\x02h2\x08http/1.1"})->protocol(), "http/1.1");
  EXPECT_FALSE(connect({.protocols = "\x02h2"})->is_connected());
  EXPECT_EQ(connect()->protocol(), "");
}

TEST_F(Tls, ANewCertificateIsForNewConnections) {
  start();
  const auto old_client = connect();
  const auto old_serial = old_client->certificate_serial();
  replace_certificate();
  EXPECT_EQ(connect()->certificate_serial(), old_serial);
  EXPECT_TRUE(x_server->reload_certificate());
  EXPECT_NE(connect()->certificate_serial(), old_serial);
  EXPECT_EQ(old_client->ask(get("/")).status, 200U);
  EXPECT_EQ(counters().certificates_loaded, 1U);
}

TEST_F(Tls, ABadNewCertificateKeepsTheOldOne) {
  start();
  const auto serial = connect()->certificate_serial();
  std::filesystem::rename(x_options.key_file, x_folder.file("old-key.pem"));
  EXPECT_EQ(x_server->reload_certificate().error().code, Errc::io);
  spoil(x_options.key_file);
  EXPECT_EQ(x_server->reload_certificate().error().code, Errc::corrupt);
  ASSERT_TRUE(make_self_signed(x_folder.file("c2.pem"), x_folder.file("k2.pem"), "localhost"));
  std::filesystem::rename(x_folder.file("k2.pem"), x_options.key_file);  // of another certificate
  EXPECT_EQ(x_server->reload_certificate().error().code, Errc::corrupt);
  spoil(x_options.certificate_file);
  EXPECT_EQ(x_server->reload_certificate().error().code, Errc::corrupt);
  EXPECT_EQ(connect()->certificate_serial(), serial);
  EXPECT_EQ(counters().certificates_refused, 4U);
}

TEST_F(Tls, TheWatcherFindsAReplacedCertificate) {
  x_options.certificate_watch_ms = 5;
  start();
  const auto serial = connect()->certificate_serial();
  replace_certificate();
  EXPECT_TRUE(becomes_true([&] { return connect()->certificate_serial() != serial; }));
}

TEST(SelfSigned, MakesAKeyForItsOwnerAloneAndKeepsWhatIsThere) {
  const Folder folder;
  const auto certificate = folder.file("cert.pem");
  const auto key = folder.file("key.pem");
  ASSERT_TRUE(make_self_signed(certificate, key, "cartella.example.it"));
  struct stat found {};
  ASSERT_EQ(stat(key.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  const auto written = std::filesystem::last_write_time(key);
  EXPECT_TRUE(make_self_signed(certificate, key, "cartella.example.it"));
  EXPECT_EQ(std::filesystem::last_write_time(key), written);
  EXPECT_TRUE(make_tls_context({certificate, key}));
  std::filesystem::remove(key);
  EXPECT_EQ(make_self_signed(certificate, key, "x").error().code, Errc::invalid_argument);
  EXPECT_EQ(make_self_signed(folder.file("a"), folder.file("b"), "a b").error().code,
            Errc::invalid_argument);
  EXPECT_EQ(make_self_signed(folder.file("no/a"), folder.file("no/b"), "x").error().code, Errc::io);
}

}  // namespace
}  // namespace cartella::api
