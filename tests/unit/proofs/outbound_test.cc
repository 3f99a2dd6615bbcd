#include "proofs/outbound.h"

#include <gtest/gtest.h>

#include "tests/unit/proofs/peer.h"

namespace cartella::proofs {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

const OutboundPost kHello{"/there", "text/plain", "application/test", "hello!"};
const OutboundOptions kShort{
    .ca_file = {}, .deadline = milliseconds(300), .answer_bytes_max = 1000};

Result<OutboundAnswer> answer_to(const std::string& text, OutboundOptions options = {}) {
  const Peer peer([&](int to) {
    receive(to);
    send_text(to, text);
  });
  return post(peer.url(), kHello, options);
}

TEST(Outbound, AddressesAreReadInTheirUsualForms) {
  const auto whole = parse_url("https://witness.example:8443/a/b/").value();
  EXPECT_TRUE(whole.is_tls);
  EXPECT_EQ(whole.host, "witness.example");
  EXPECT_EQ(whole.port, 8443);
  EXPECT_EQ(whole.path, "/a/b");
  EXPECT_EQ(parse_url("https://w.example").value().port, 443);
  EXPECT_EQ(parse_url("http://w.example/").value().port, 80);
  EXPECT_EQ(parse_url("http://w.example/").value().path, "");
  EXPECT_EQ(parse_url("http://[::1]:99").value().host, "::1");
}

TEST(Outbound, OtherAddressesAreRefused) {
  for (const std::string& text :
       {std::string(), std::string("w.example"), std::string("ftp://w.example"),
        std::string("https://"), std::string("https:///path"), std::string("https://a b"),
        std::string("https://user:word@w.example"), std::string("https://w.example:0"),
        std::string("https://w.example:65536"), std::string("https://w.example:"),
        std::string("https://w.example:1x"), std::string("https://w.example/?q=1"),
        std::string("https://w.example/#a"), std::string("https://[::1"),
        std::string("https://[w]"), std::string("https://w.example/a\r\nHost: b"),
        "https://w.example/" + std::string(600, 'a')})
    EXPECT_EQ(parse_url(text).error().code, Errc::invalid_input) << text;
}

TEST(Outbound, SendsOneRequestAndReturnsTheAnswer) {
  std::string request;
  const Peer peer([&](int to) {
    request = receive(to);
    send_text(to, "HTTP/1.1 409 Conflict\r\nContent-Type: text/x\r\nContent-Length: 3\r\n\r\n12\n");
  });
  const auto answer = post(peer.url(), kHello, {});
  ASSERT_TRUE(answer.has_value()) << answer.error().detail;
  EXPECT_EQ(answer.value().status, 409u);
  EXPECT_EQ(answer.value().content_type, "text/x");
  EXPECT_EQ(answer.value().body, "12\n");
  EXPECT_TRUE(request.starts_with("POST /here/there HTTP/1.1\r\n")) << request;
  for (const char* line : {"\r\nContent-Type: text/plain\r\n", "\r\nAccept: application/test\r\n",
                           "\r\nContent-Length: 6\r\n", "\r\nHost: 127.0.0.1:"})
    EXPECT_NE(request.find(line), std::string::npos) << line << request;
}

TEST(Outbound, FollowsNoRedirect) {
  const auto answer =
      answer_to("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer.value().status, 302u);
}

TEST(Outbound, F26_RefusesAnswersThatAreNoHttpOrTooLong) {
  EXPECT_EQ(answer_to("rubbish\r\n\r\n").error().code, Errc::invalid_input);
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'),
                      {.ca_file = {}, .answer_bytes_max = 1000})
                .error()
                .code,
            Errc::invalid_input);
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\n\r\n" + std::string(2000, 'x'),
                      {.ca_file = {}, .answer_bytes_max = 1000})
                .error()
                .code,
            Errc::invalid_input);
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nX: " + std::string(9000, 'x') + "\r\n\r\n").error().code,
            Errc::invalid_input);
}

TEST(Outbound, F26_TakesAnAnswerThatBreaksOffForNone) {
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").error().code,
            Errc::unavailable);
  EXPECT_EQ(answer_to("").error().code, Errc::unavailable);
}

TEST(Outbound, F26_WaitsForASlowPeerNoLongerThanItsDeadline) {
  const Peer peer([](int to) {
    receive(to);
    char c = 0;
    send_text(to, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    timeval tick{0, 50'000};
    ::setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    // A byte now and then, until the client hangs up.
    while (::recv(to, &c, 1, 0) != 0) send_text(to, "x");
  });
  const auto start = steady_clock::now();
  EXPECT_EQ(post(peer.url(), kHello, kShort).error().code, Errc::unavailable);
  const auto taken = steady_clock::now() - start;
  EXPECT_GE(taken, milliseconds(300));
  EXPECT_LT(taken, milliseconds(3000));
}

TEST(Outbound, F26_SaysThatNobodyIsThere) {
  OutboundUrl url;
  {
    const Peer gone([](int) {});
    url = gone.url();
  }
  EXPECT_EQ(post(url, kHello, kShort).error().code, Errc::unavailable);
}

TEST(Outbound, SpeaksTlsOnlyWhereTheAddressSaysSoAndReadsItsAuthorities) {
  const Peer plain([](int to) { send_text(to, "HTTP/1.1 200 OK\r\n\r\n"); });
  EXPECT_EQ(post(plain.url(true), kHello, kShort).error().code, Errc::unavailable);
  OutboundOptions nowhere = kShort;
  nowhere.ca_file = "/nowhere.pem";
  EXPECT_EQ(post(plain.url(true), kHello, nowhere).error().code, Errc::io);
}

}  // namespace
}  // namespace cartella::proofs
