// What the command line is told where no server answers it.
#include "api/local_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <thread>

namespace cartella::api {
namespace {

namespace fs = std::filesystem;

class LocalClient : public ::testing::Test {
 protected:
  LocalClient()
      : x_socket(fs::path(::testing::TempDir()) /
                 ("local_client_" + std::to_string(getpid()) + "_" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove(x_socket);
  }
  ~LocalClient() override {
    if (x_listening >= 0) close(x_listening);
    fs::remove(x_socket);
  }
  void listen_there() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, x_socket.c_str(), x_socket.string().size() + 1);
    x_listening = socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(bind(x_listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(x_listening, 4), 0);
  }
  // Reads the head of one request, sends `bytes` and hangs up.
  Result<LocalAnswer> answered(const std::string& bytes) {
    std::thread peer([&] {
      const int connection = accept(x_listening, nullptr, nullptr);
      std::string head;
      for (char c = 0;
           head.find("\r\n\r\nbody") == std::string::npos && read(connection, &c, 1) == 1;)
        head += c;
      EXPECT_EQ(write(connection, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
      close(connection);
      x_head = head;
    });
    auto answer = local_call(x_socket, "/cli", "body");
    peer.join();
    return answer;
  }

  fs::path x_socket;
  int x_listening = -1;
  std::string x_head;
};

TEST_F(LocalClient, NobodyListensWhereThereIsNoSocketOrNobodyBehindIt) {
  EXPECT_FALSE(local_server_listens(x_socket).value());
  std::ofstream(x_socket) << "a file";
  EXPECT_FALSE(local_server_listens(x_socket).value());
  fs::remove(x_socket);
  listen_there();
  EXPECT_TRUE(local_server_listens(x_socket).value());
  close(x_listening);  // the socket stays, as after a crash
  x_listening = -1;
  EXPECT_FALSE(local_server_listens(x_socket).value());
  EXPECT_EQ(local_call(x_socket, "/cli", "").error().code, Errc::unavailable);
  EXPECT_FALSE(local_server_listens(x_socket.string() + std::string(120, 'x')).value());
}

TEST_F(LocalClient, TheAnswerComesWithItsStatus) {
  listen_there();
  const auto answer = answered("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer.value().status, 413u);
  EXPECT_EQ(answer.value().body, "abc");
  EXPECT_TRUE(x_head.starts_with("POST /cli HTTP/1.1\r\nHost: localhost\r\n")) << x_head;
}

TEST_F(LocalClient, AServerThatGoesAwayLeavesTheOutcomeUnknown) {
  listen_there();
  EXPECT_EQ(answered("").error().code, Errc::unavailable);
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc").error().code,
            Errc::unavailable);
}

TEST_F(LocalClient, AnAnswerThatIsNoHttpOrTooLongIsRefused) {
  listen_there();
  EXPECT_EQ(answered("SSH-2.0-OpenSSH\r\n\r\n").error().code, Errc::invalid_input);
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n").error().code,
            Errc::invalid_input);
}

}  // namespace
}  // namespace cartella::api
