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

}  // namespace
}  // namespace hitch
