#include "runtime/network/name_servers.h"

#include <gtest/gtest.h>

namespace hitch {
namespace {

/// As if the host had a loopback and 192.0.2.2.
bool is_on_host(std::string_view address) {
  return address == "127.0.0.53" || address == "127.0.0.1" || address == "::1" ||
         address == "192.0.2.2";
}

NameServers inside(std::string_view file) {
  return name_servers_inside(file, is_on_host);
}

TEST(NameServersInside, ThoseOfOthersStayAsTheyAre) {
  const std::string file =
      "# by hand\nsearch example.test\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n"
      "nameserver fe80::1%eth0\noptions edns0\n";
  EXPECT_EQ(inside(file).file, file);
  EXPECT_FALSE(inside(file).forwarded);
}

TEST(NameServersInside, TheFirstOneOnTheHostIsForwarded) {
  const auto servers = inside("nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch a.test\n");
  EXPECT_EQ(servers.file, "nameserver 169.254.1.1\noptions edns0 trust-ad\nsearch a.test\n");
  EXPECT_TRUE(servers.forwarded);
}

TEST(NameServersInside, AnAddressThatTheHostAndTheBundleShareIsTheHosts) {
  EXPECT_EQ(inside("nameserver 192.0.2.2\n").file, "nameserver 169.254.1.1\n");
}

TEST(NameServersInside, OthersOnTheHostAreLeftOut) {
  const auto servers = inside("nameserver ::1\nnameserver 127.0.0.53\nnameserver 127.0.0.1\n");
  EXPECT_EQ(servers.file, "nameserver 169.254.1.1\n");
  EXPECT_TRUE(servers.forwarded);
}

/// pasta forwards to the first one, which is not the one meant here.
TEST(NameServersInside, OneOnTheHostAfterAnotherIsLeftOut) {
  const auto servers = inside("nameserver 192.0.2.1\nnameserver 127.0.0.1\n");
  EXPECT_EQ(servers.file, "nameserver 192.0.2.1\n");
  EXPECT_FALSE(servers.forwarded);
}

TEST(NameServersInside, BlanksAndAMissingNewlineDoNotMatter) {
  EXPECT_EQ(inside("nameserver \t127.0.0.53 \r").file, "nameserver 169.254.1.1\n");
  EXPECT_EQ(inside("nameserverx 127.0.0.53\n").file, "nameserverx 127.0.0.53\n");
  EXPECT_EQ(inside("nameserver\n").file, "nameserver\n");
  EXPECT_EQ(inside("").file, "");
}

TEST(IsAddressOfHost, KnowsLoopbacksAndNonsense) {
  for (const auto* address : {"127.0.0.1", "127.0.0.53", "127.255.1.2", "0.0.0.0", "::1", "::"}) {
    EXPECT_TRUE(is_address_of_host(address)) << address;
  }
  for (const auto* address : {"192.0.2.255", "2001:db8::255", "", "localhost", "127.0.0.1.1"}) {
    EXPECT_FALSE(is_address_of_host(address)) << address;
  }
}

}  // namespace
}  // namespace hitch
