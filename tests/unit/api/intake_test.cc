#include "api/intake.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace cartella::api {
namespace {

constexpr std::string_view kSecret = "una frase che apre tutto";

// What the intake was given to write to, as it is now.
std::string_view all_of(std::span<char> room) { return {room.data(), room.size()}; }

void take(Intake& intake, std::string_view bytes) {
  std::ranges::copy(bytes, intake.room().begin());
  intake.took(bytes.size());
}

TEST(Intake, TheBytesOfARequestAreWipedBeforeTheNextOne) {
  const GateRules rules{{"localhost"}};
  Intake intake(rules);
  const auto room = intake.room();
  std::string request = "POST /cli HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n";
  request += "Content-Length: " + std::to_string(2 * kSecret.size()) + "\r\n\r\n";
  take(intake, request + std::string(kSecret));
  ASSERT_EQ(intake.advance(), Intake::State::body);
  take(intake, kSecret);
  ASSERT_EQ(intake.advance(), Intake::State::complete);
  EXPECT_NE(all_of(room).find(kSecret), std::string_view::npos);
  EXPECT_EQ(intake.take_request().body, std::string(kSecret) + std::string(kSecret));

  intake.next();

  EXPECT_EQ(all_of(room).find(kSecret.substr(0, 8)), std::string_view::npos);
  EXPECT_EQ(all_of(room).find(kSecret.substr(12)), std::string_view::npos);
}

TEST(Intake, WhatCameOfTheNextRequestStaysWhereItIs) {
  const GateRules rules{{"localhost"}};
  Intake intake(rules);
  const std::string one = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";
  take(intake, one + "GET /b HTTP/1.1\r\nHost: loc");
  ASSERT_EQ(intake.advance(), Intake::State::complete);
  EXPECT_EQ(intake.take_request().path, "/a");
  intake.next();
  ASSERT_EQ(intake.advance(), Intake::State::head);
  take(intake, "alhost\r\n\r\n");
  ASSERT_EQ(intake.advance(), Intake::State::complete);
  EXPECT_EQ(intake.take_request().path, "/b");
}

}  // namespace
}  // namespace cartella::api
