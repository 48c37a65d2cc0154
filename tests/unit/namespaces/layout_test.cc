#include "runtime/namespaces/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

LayoutRequest bundle_in(const std::string& directory) {
  LayoutRequest request;
  request.bundle_directory = directory;
  request.home = "/home/user";
  return request;
}

std::vector<std::string> places(const LayoutRequest& request) {
  std::vector<std::string> result;
  for (const auto& point : host_mount_points(request)) result.push_back(point.path);
  return result;
}

TEST(HostMountPoints, AreBelowTheBundleDirectoryAndWritableVolumes) {
  auto request = bundle_in("/srv/shop");
  request.tmpfs = {"/srv/shop/tmp", "/data/in/volume", "/opt/missing", "/tmp/private"};
  request.volumes = {{"/var/lib/data", "/data", false}, {"/etc", "/srv/shop/etc", true}};
  EXPECT_THAT(places(request),
              UnorderedElementsAre("/srv/shop/tmp", "/srv/shop/etc", "/var/lib/data/in/volume"));
}

TEST(HostMountPoints, AreNotInWhatIsThrownAwayOrReadOnly) {
  auto request = bundle_in("/srv/shop");
  request.bundle = LayoutRequest::Bundle::kThrowAway;
  request.volumes = {{"/etc", "/data", true}};
  request.tmpfs = {"/srv/shop/tmp", "/home/user/tmp", "/data/tmp"};
  EXPECT_THAT(places(request), IsEmpty());
}

TEST(HostMountPoints, OfTheBundleItselfAreInAVolumeAboveIt) {
  auto request = bundle_in("/tmp/shop");
  EXPECT_THAT(places(request), IsEmpty());
  request.volumes = {{"/var/lib/data", "/tmp", false}};
  EXPECT_THAT(places(request), ElementsAre("/var/lib/data/shop"));
}

TEST(HostMountPoints, AreEverywhereInTheCallersView) {
  auto request = bundle_in("/srv/shop");
  request.host_view = true;
  request.scratch = "/home/user/.cache/hitch/mnt";
  request.tmpfs = {"/opt/missing", "/tmp/a", "/tmp/a/b", "/proc/x", request.scratch + "/x"};
  EXPECT_THAT(places(request), UnorderedElementsAre("/opt/missing", "/tmp/a"));
}

TEST(Layout, AReadOnlyHomeNeedsNoOverlay) {
  auto request = bundle_in("/srv/shop");
  const auto overlays = [&] {
    std::vector<std::string> targets;
    for (const auto& step : plan_layout(request)) {
      if (step.kind == MountKind::kOverlay) targets.push_back(step.target);
    }
    return targets;
  };
  EXPECT_THAT(overlays(), ElementsAre("/home/user"));
  request.home_writes = LayoutRequest::Home::kReadOnly;
  EXPECT_THAT(overlays(), IsEmpty());
}

/// The steps after those of /etc: "make directory /run/x".
std::vector<std::string> resolver_steps(const std::string& path, bool host_view) {
  auto request = bundle_in("/srv/shop");
  request.host_view = host_view;
  request.resolver = "nameserver 192.0.2.1\n";
  request.resolver_path = path;
  std::vector<std::string> steps;
  for (const auto& step : plan_layout(request)) {
    const bool is_of_it = step.target == path || step.target == path.substr(0, path.rfind('/'));
    if (is_of_it) steps.push_back(std::string(mount_action(step.kind)) + ' ' + step.target);
  }
  return steps;
}

TEST(Layout, TheListOfNameServersIsShownWhereTheHostHasIt) {
  EXPECT_THAT(resolver_steps("/etc/resolv.conf", false), ElementsAre("mount /etc/resolv.conf"));
}

TEST(Layout, TheListOfNameServersIsMadeWhereTheBundleHasNoneYet) {
  const std::string stub = "/run/systemd/resolve/stub-resolv.conf";
  EXPECT_THAT(resolver_steps(stub, false),
              ElementsAre("make directory /run/systemd/resolve", "write " + stub, "mount " + stub));
  EXPECT_THAT(resolver_steps(stub, true), ElementsAre("mount " + stub));
}

}  // namespace
}  // namespace hitch
