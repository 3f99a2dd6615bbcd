#include "api/connections.h"

#include <gtest/gtest.h>

#include "api/peer_network.h"

namespace cartella::api {
namespace {

ConnectionLimits wide() {
  ConnectionLimits limits;
  limits.total = 400;
  limits.per_network = 200;
  limits.handshakes_per_network = 1000;
  limits.handshakes_burst = 1000;
  return limits;
}

int fill(Connections& connections, const std::string& address, std::int64_t now_us = 0) {
  int count = 0;
  while (connections.admit(address, now_us) == Admission::admitted) ++count;
  return count;
}

TEST(Connections, S_DOS_AFewAddressesCannotShutOutTheOthers) {
  Connections connections(wide());
  EXPECT_EQ(fill(connections, "192.0.2.1"), 200);
  EXPECT_EQ(fill(connections, "192.0.2.2"), 100) << "from three quarters on only few";
  EXPECT_EQ(fill(connections, "192.0.2.3"), 16);
  EXPECT_EQ(fill(connections, "192.0.2.1"), 0);
  EXPECT_EQ(connections.admit("192.0.2.4", 0), Admission::admitted);
  EXPECT_EQ(connections.admit("", 0), Admission::admitted)
      << "the Unix socket is the way in when the port is full";
}

TEST(Connections, S_DOS_AddressesOfOneSixtyFourCountAsOne) {
  EXPECT_EQ(peer_network("2001:db8:0:1:aaaa::1"), "2001:db8:0:1::/64");
  EXPECT_EQ(peer_network("2001:db8:0:2::1"), "2001:db8:0:2::/64");
  EXPECT_EQ(peer_network("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(peer_network("::ffff:192.0.2.1"), "192.0.2.1");
  Connections connections(wide());
  EXPECT_EQ(fill(connections, "2001:db8:0:1::1"), 200);
  EXPECT_EQ(connections.admit("2001:db8:0:1:ffff::2", 0), Admission::crowded);
  EXPECT_EQ(connections.admit("2001:db8:0:2::1", 0), Admission::admitted);
  connections.shaken("2001:db8:0:1::9");
  connections.release("2001:db8:0:1::9");
  EXPECT_EQ(connections.admit("2001:db8:0:1:ffff::2", 0), Admission::admitted);
}

TEST(Connections, S_DOS_HandshakesUnderWayAndBegunAreLimitedByNetwork) {
  ConnectionLimits limits = wide();
  limits.handshakes_per_network = 3;
  limits.handshakes_burst = 5;
  limits.handshakes_per_second = 2;
  Connections connections(limits);
  const std::string one = "192.0.2.1";
  EXPECT_EQ(fill(connections, one), 3);
  EXPECT_EQ(connections.admit(one, 0), Admission::hurried);
  EXPECT_EQ(connections.admit("192.0.2.2", 0), Admission::admitted) << "another one's";
  for (int i = 0; i < 3; ++i) connections.shaken(one);
  EXPECT_EQ(fill(connections, one), 2) << "the bucket is empty";
  for (int i = 0; i < 2; ++i) connections.shaken(one);
  EXPECT_EQ(fill(connections, one, 499'999), 0);
  EXPECT_EQ(fill(connections, one, 500'000), 1);
  connections.shaken(one);
  for (int i = 0; i < 6; ++i) connections.release(one);
  EXPECT_EQ(fill(connections, one, 500'000), 0) << "who comes back is known";
  EXPECT_EQ(fill(connections, one, 10'000'000'000), 3) << "no more than a burst is saved";
}

TEST(Connections, S_DOS_TheTableOfNetworksIsBounded) {
  ConnectionLimits limits = wide();
  limits.handshakes_burst = 1;
  limits.handshakes_per_second = 1;
  limits.idle_networks = 2;
  Connections connections(limits);
  const auto come_and_go = [&](const std::string& address) {
    if (connections.admit(address, 0) != Admission::admitted) return false;
    connections.shaken(address);
    connections.release(address);
    return true;
  };
  for (const char* address : {"192.0.2.1", "192.0.2.2"}) EXPECT_TRUE(come_and_go(address));
  EXPECT_FALSE(come_and_go("192.0.2.1"));
  EXPECT_TRUE(come_and_go("192.0.2.3")) << "and the one idle longest is forgotten";
  EXPECT_FALSE(come_and_go("192.0.2.1"));
  EXPECT_TRUE(come_and_go("192.0.2.2"));
}

}  // namespace
}  // namespace cartella::api
