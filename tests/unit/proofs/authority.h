// tests/unit/proofs/authority.h: a time-stamp authority made by the openssl program, in a folder.
//
// Threads: one.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "store/file_io.h"

namespace cartella::proofs {

class TestAuthority {
 public:
  // `when` is what faketime takes, empty: now. The certificates are valid for 30 days.
  explicit TestAuthority(std::filesystem::path dir, std::string when = {})
      : x_dir(std::move(dir)), x_when(std::move(when)) {
    std::filesystem::remove_all(x_dir);
    std::filesystem::create_directories(x_dir);
    write("tsa.cnf", configuration());
    write("serial", "01\n");
    const std::string key = " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";
    run("req -x509" + key + "-subj /CN=Radice -days 30 -keyout ca.key -out ca.pem");
    run("req" + key + "-subj '/O=Ente di prova/CN=Marche' -keyout tsa.key -out tsa.csr");
    run("x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 "
        "-extfile tsa.cnf -extensions stamp -out tsa.pem");
  }
  ~TestAuthority() { std::filesystem::remove_all(x_dir); }
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  Bytes answer(ByteView query) { return answer_at(x_when, query); }
  // Stamps at another time than the one at which its certificates were made.
  Bytes answer_at(const std::string& when, ByteView query) {
    write("query", as_text(query));
    run_at(when, "ts -reply -config tsa.cnf -queryfile query -out reply");
    const auto reply = store::read_file(x_dir / "reply", 64 * 1024);
    EXPECT_TRUE(reply.has_value());
    return reply ? reply.value() : Bytes();
  }
  std::string ca_file() const { return (x_dir / "ca.pem").string(); }

 private:
  void run(const std::string& arguments) { run_at(x_when, arguments); }
  void run_at(const std::string& when, const std::string& arguments) {
    const std::string command = "cd '" + x_dir.string() + "' && " +
                                (when.empty() ? "" : "faketime '" + when + "' ") + "openssl " +
                                arguments + " >/dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(cert-env33-c)
  }
  void write(const std::string& name, std::string_view text) {
    EXPECT_TRUE(store::replace_file(x_dir / name, as_bytes(text)).has_value());
  }
  static std::string configuration() {
    return "[tsa]\ndefault_tsa = prova\n[prova]\nserial = serial\nsigner_cert = tsa.pem\n"
           "certs = ca.pem\nsigner_key = tsa.key\nsigner_digest = sha256\n"
           "default_policy = 1.2.3.4.1\ndigests = sha256\nordering = no\ntsa_name = yes\n"
           "[stamp]\nkeyUsage = critical,digitalSignature\n"
           "extendedKeyUsage = critical,timeStamping\n";
  }

  std::filesystem::path x_dir;
  std::string x_when;
};

}  // namespace cartella::proofs
