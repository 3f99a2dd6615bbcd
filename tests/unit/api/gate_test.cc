#include "api/gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "api/intake.h"

namespace cartella::api {
namespace {

const GateRules kRules{{"localhost", "cartella.example.it", "[::1]"}};

// What an Intake makes of bytes that come in pieces of a size: the requests, then how it ended.
std::string reading(std::string_view bytes, std::size_t piece_bytes) {
  Intake intake(kRules);
  std::string told;
  std::size_t at = 0;
  while (true) {
    switch (intake.advance()) {
      case Intake::State::complete: {
        const Request request = intake.take_request();
        told += std::string(method_name(request.method)) + " " + request.path;
        for (const auto& [name, value] : request.query) told += " " + name + "=" + value;
        told += " [" + request.body + "]\n";
        intake.next();
        continue;
      }
      case Intake::State::refused:
        return told + (intake.refusal().code == Errc::out_of_space ? "too large" : "refused");
      case Intake::State::empty:
        if (at == bytes.size()) return told;
        break;
      default:
        if (at == bytes.size()) return told + "more";
    }
    const auto room = intake.room();
    const auto count = std::min({room.size(), piece_bytes, bytes.size() - at});
    std::copy_n(bytes.data() + at, count, room.data());
    intake.took(count);
    at += count;
  }
}

std::string whole(std::string_view bytes) { return reading(bytes, 100'000); }

std::string head(const std::string& fields) {
  return "POST /v1/x HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}
std::string get_target(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

struct Case {
  const char* what;
  std::string bytes;
};

// What Beast 1.81 refuses by itself, and what it lets through: reliability.md 6.
std::vector<Case> framing_cases() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {{"length and encoding", head("Content-Length: 4\r\n" + chunked) + "0\r\n\r\n"},
          {"encoding and length", head(chunked + "Content-Length: 4\r\n") + "0\r\n\r\n"},
          {"two different lengths", head("Content-Length: 4\r\nContent-Length: 5\r\n") + "abcde"},
          {"two equal lengths", head("Content-Length: 4\r\nContent-Length: 4\r\n") + "abcd"},
          {"a list of lengths", head("Content-Length: 4, 4\r\n") + "abcd"},
          {"a length with a sign", head("Content-Length: +4\r\n") + "abcd"},
          {"a negative length", head("Content-Length: -1\r\n")},
          {"a hexadecimal length", head("Content-Length: 0x4\r\n") + "abcd"},
          {"a length beyond 64 bits", head("Content-Length: 99999999999999999999\r\n")},
          {"an empty length", head("Content-Length:\r\n")},
          {"xchunked", head("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n"},
          {"chunked, identity", head("Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n"},
          {"gzip, chunked", head("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n"},
          {"identity", head("Transfer-Encoding: identity\r\n")},
          {"encoding twice", head(chunked + chunked) + "0\r\n\r\n"},
          {"encoding with a vertical tab", head("Transfer-Encoding: \x0b"
                                                "chunked\r\n") +
                                               "0\r\n\r\n"},
          {"a space before the colon", head("Content-Length : 4\r\n") + "abcd"},
          {"a folded line", head("X-A: b\r\n c\r\n")},
          {"a line folded with a tab", head("Transfer-Encoding:\r\n\tchunked\r\n") + "0\r\n\r\n"},
          {"a fold before the first field", "GET / HTTP/1.1\r\n Host: localhost\r\n\r\n"}};
}

std::vector<Case> first_line_cases() {
  return {
      {"no Host", "GET / HTTP/1.1\r\nAccept: a\r\n\r\n"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"},
      {"a foreign Host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
      {"a Host with a user", "GET / HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n"},
      {"a Host with a bad port", "GET / HTTP/1.1\r\nHost: localhost:8x\r\n\r\n"},
      {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {"absolute form", "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"asterisk form", "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"authority form", "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"an unknown method", "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"a method in small letters", "get / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"},
      {"HTTP/2 in clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"no version", "GET /\r\nHost: localhost\r\n\r\n"},
      {"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"bare line feeds", "GET / HTTP/1.1\nHost: localhost\n\n"},
      {"a bare return", "GET / HTTP/1.1\rHost: localhost\r\n\r\n"},
      {"NUL in a field", std::string("GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 43)},
      {"eight bits in a field", "GET / HTTP/1.1\r\nHost: localhost\r\nX: \xc3\xa8\r\n\r\n"},
      {"eight bits in the target", get_target("/\xc3\xa8")},
      {"a body for a read", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\na"},
      {"an unknown expectation", head("Expect: a miracle\r\n")},
      {"a credential twice", head("Authorization: a\r\nAuthorization: b\r\n")},
      {"a cookie twice", head("Cookie: a=1\r\nCookie: a=2\r\n")}};
}

std::vector<Case> target_cases() {
  return {{"two slashes", get_target("//v1/x")},
          {"two slashes inside", get_target("/v1//x")},
          {"dot segment", get_target("/v1/./x")},
          {"two dots", get_target("/v1/../x")},
          {"two dots at the end", get_target("/v1/..")},
          {"encoded dots", get_target("/v1/%2e%2E/x")},
          {"an encoded slash", get_target("/v1/a%2fb")},
          {"an encoded backslash", get_target("/v1/a%5Cb")},
          {"a backslash", get_target("/v1/a\\b")},
          {"NUL in the target", get_target("/v1/%00")},
          {"a line end in the target", get_target("/v1/%0d%0aX")},
          {"a broken code", get_target("/v1/%4")},
          {"no hexadecimal code", get_target("/v1/%zz")},
          {"no UTF-8", get_target("/v1/%ff")},
          {"overlong UTF-8", get_target("/v1/%c0%af")},
          {"a surrogate", get_target("/v1/%ed%a0%80")},
          {"a fragment", get_target("/v1/x#y")},
          {"a repeated parameter", get_target("/v1/x?a=1&b=2&a=3")},
          {"a repeated parameter in code", get_target("/v1/x?a=1&%61=3")},
          {"a parameter without a name", get_target("/v1/x?=1")},
          {"an empty parameter", get_target("/v1/x?a=1&&b=1")},
          {"an empty last parameter", get_target("/v1/x?a=1&")},
          {"NUL in a parameter", get_target("/v1/x?a=%00")},
          {"a target over 2 KiB", get_target("/" + std::string(2048, 'a'))}};
}

std::vector<Case> chunk_cases() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"a chunk extension", head(chunked) + "1;a=b\r\nx\r\n0\r\n\r\n"},
      {"a long chunk extension", head(chunked) + "1;" + std::string(65536, 'a') + "\r\nx\r\n"},
      {"a trailer", head(chunked) + "0\r\nX-A: b\r\n\r\n"},
      {"a chunk longer than it says", head(chunked) + "1\r\nxy\r\n0\r\n\r\n"},
      {"a chunk size with 0x", head(chunked) + "0x1\r\nx\r\n0\r\n\r\n"},
      {"a chunk size with a sign", head(chunked) + "+1\r\nx\r\n0\r\n\r\n"},
      {"a chunk size with a space", head(chunked) + "1 \r\nx\r\n0\r\n\r\n"},
      {"a chunk size that overflows", head(chunked) + "10000000000000001\r\nx\r\n"},
      {"no chunk size", head(chunked) + "\r\n"},
      {"a bare line feed after a size", head(chunked) + "1\nx\r\n0\r\n\r\n"},
      {"a bare line feed after a chunk", head(chunked) + "1\r\nx\n0\r\n\r\n"},
  };
}

std::vector<Case> refused_cases() {
  std::vector<Case> all;
  for (auto cases : {framing_cases(), first_line_cases(), target_cases(), chunk_cases()})
    all.insert(all.end(), cases.begin(), cases.end());
  return all;
}

std::string parameters(std::size_t count) {
  std::string query;
  for (std::size_t i = 0; i < count; ++i)
    query += (i == 0 ? "" : "&") + ("p" + std::to_string(i)) + "=1";
  return query;
}

TEST(Gate, B01_RefusesWhatCanBeReadInTwoWays) {
  for (const auto& [what, bytes] : refused_cases()) EXPECT_EQ(whole(bytes), "refused") << what;
}

TEST(Gate, B01_ReadsTheSameInPiecesOfAnySize) {
  auto cases = refused_cases();
  cases.push_back({"good", head("Content-Length: 3\r\n") + "abc" + get_target("/a?b=c")});
  cases.push_back({"chunks", head("Transfer-Encoding: chunked\r\n") +
                                 "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n" + get_target("/z")});
  for (const auto& [what, bytes] : cases)
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U})
      EXPECT_EQ(reading(bytes, piece), whole(bytes)) << what << " by " << piece;
}

TEST(Gate, LetsThroughWhatHasOneReading) {
  EXPECT_EQ(whole(get_target("/")), "GET / []\n");
  EXPECT_EQ(whole(head("")), "POST /v1/x []\n");
  EXPECT_EQ(whole(head("Content-Length: 0\r\n")), "POST /v1/x []\n");
  EXPECT_EQ(whole(head("Content-Length: 3\r\n") + "abc"), "POST /v1/x [abc]\n");
  EXPECT_EQ(
      whole(head("transfer-encoding: chunked\r\n") + "3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n"),
      "POST /v1/x [abc0123456789]\n");
  EXPECT_EQ(whole("DELETE /v1/a%20%C3%A8 HTTP/1.1\r\nHost: CARTELLA.example.it:8443\r\n\r\n"),
            "DELETE /v1/a \xc3\xa8 []\n");
  EXPECT_EQ(whole("PUT /a/ HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n"), "PUT /a/ []\n");
  EXPECT_EQ(whole("GET /a HTTP/1.1\r\nHost: [::1]\r\n\r\n"), "GET /a []\n");
  EXPECT_EQ(whole(get_target("/a?x=1+%26%3d&y&z=")), "GET /a x=1 &= y= z= []\n");
  EXPECT_EQ(whole(get_target("/a?")), "GET /a []\n");
  EXPECT_EQ(whole(get_target("/a/..b/.c/d.")), "GET /a/..b/.c/d. []\n");
}

TEST(Gate, DecodesOnce) {
  EXPECT_EQ(whole(get_target("/%252e%252e/%252f?a=%2525")), "GET /%2e%2e/%2f a=%25 []\n");
}

TEST(Gate, CountsParametersAndFields) {
  EXPECT_TRUE(whole(get_target("/?" + parameters(kQueryParametersMax))).starts_with("GET / p0=1"));
  EXPECT_EQ(whole(get_target("/?" + parameters(kQueryParametersMax + 1))), "refused");
  std::string fields;
  for (std::size_t i = 0; i + 1 < kHeadFieldsMax; ++i) fields += "X: y\r\n";
  EXPECT_EQ(whole(head(fields)), "POST /v1/x []\n");
  EXPECT_EQ(whole(head(fields + "X: y\r\n")), "refused");
}

TEST(Gate, B01_HoldsAHeaderTo8KiBInAll) {
  const std::string start = "GET / HTTP/1.1\r\nHost: localhost\r\nX: ";
  const std::string fits(kHeadBytesMax - start.size() - 4, 'x');
  EXPECT_EQ(whole(start + fits + "\r\n\r\n"), "GET / []\n");
  EXPECT_EQ(whole(start + fits + "x\r\n\r\n"), "refused");
  EXPECT_EQ(reading(start + fits + "x\r\n\r\n", 1), "refused");
}

TEST(Gate, B01_HoldsABodyTo1MiB) {
  const std::string most(kBodyBytesMax, 'b');
  EXPECT_EQ(whole(head("Content-Length: 1048576\r\n") + most), "POST /v1/x [" + most + "]\n");
  EXPECT_EQ(whole(head("Content-Length: 1048577\r\n")), "too large");
  EXPECT_EQ(whole(head("Content-Length: 9999999999999999999\r\n")), "too large");
  const auto chunked = head("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(whole(chunked + "100000\r\n" + most + "\r\n0\r\n\r\n"), "POST /v1/x [" + most + "]\n");
  EXPECT_EQ(whole(chunked + "100000\r\n" + most + "\r\n1\r\nx"), "too large");
  EXPECT_EQ(whole(chunked + "100001\r\n"), "too large");
  EXPECT_EQ(whole(chunked + "ffffffff\r\n"), "too large");
}

TEST(Gate, B01_RefusesGarbageBeforeADeadlineWould) {
  EXPECT_EQ(whole("\x16\x03\x01\x02\x00\x01"), "more");
  EXPECT_EQ(whole(std::string("\x16\x03\x01\x02\x00\x01", 6)), "refused");
  EXPECT_EQ(whole("GET / HTTP/1.1\nHost"), "refused");
}

// Damaged requests: whatever comes of them, it comes of them in any pieces, and nothing breaks.
TEST(Gate, B01_DamagedRequestsHaveOneReading) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  const std::vector<std::string> good = {
      get_target("/v1/cases?a=1&b=%41"),
      head("Content-Length: 5\r\n") + "hello" + get_target("/v1/x"),
      head("Transfer-Encoding: chunked\r\nConnection: close\r\n") + "5\r\nhello\r\n0\r\n\r\n"};
  const std::string alphabet("\r\n \t:;,%/.?&=#0aZ\x00\x7f\xff", 20);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good[random() % good.size()];
    for (unsigned change = random() % 4 + 1; change > 0; --change) {
      const auto at = random() % bytes.size();
      const char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0: bytes[at] = c; break;
        case 1: bytes.insert(at, 1, c); break;
        default: bytes.erase(at, 1);
      }
    }
    const auto expected = whole(bytes);
    ASSERT_EQ(reading(bytes, 1), expected)
        << "seed " << seed << ": " << ::testing::PrintToString(bytes);
    ASSERT_EQ(reading(bytes, 5), expected)
        << "seed " << seed << ": " << ::testing::PrintToString(bytes);
  }
}

TEST(Intake, AsksForTheBodyOnceWhereTheClientWaits) {
  Intake intake(kRules);
  const auto bytes = head("Content-Length: 3\r\nExpect: 100-continue\r\n");
  std::copy(bytes.begin(), bytes.end(), intake.room().begin());
  intake.took(bytes.size());
  EXPECT_EQ(intake.advance(), Intake::State::body);
  EXPECT_TRUE(intake.must_continue());
  EXPECT_FALSE(intake.must_continue());
}

}  // namespace
}  // namespace cartella::api
