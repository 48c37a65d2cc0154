// Images that want to do harm, or are damaged: each is refused with what is wrong with it, and
// nothing outside of the cache's own directory is touched.
#include <fstream>

#include "integration/harness/hitch_test.h"
#include "integration/harness/images.h"

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;

class HostileImages : public HitchTest {
 protected:
  fs::path canary() const { return bundle.root() / "canary"; }

  void SetUp() override {
    HitchTest::SetUp();
    fs::create_directories(canary() / "below");
    std::ofstream(canary() / "file") << "canary\n";
    bundle.write(
        "services:\n  Own: {kind: task, image: 'oci:image:v1', command: [busybox, true]}\n");
  }

  /// Runs an image whose last layer has these entries.
  ProcessResult run_image(const std::string& entries, const std::string& more = "") {
    fs::remove_all(bundle.directory() / "image");
    make_image(bundle, "v1",
               std::string(R"("layers": [{"entries": [)") + kBusybox +
                   R"(]}, {"compression": "gzip", "entries": [)" + entries + "]}]" +
                   (more.empty() ? "" : ", " + more));
    return run({"run"});
  }
  ::testing::AssertionResult refused(const std::string& entries, const std::string& why) {
    const auto before = listing_of(canary());
    const auto result = failed_saying(
        run_image(entries), 125,
        "service 'Own': unpack layer sha256:[0-9a-f]{64} of image 'oci:.*image:v1': .*" + why);
    if (listing_of(canary()) != before)
      return ::testing::AssertionFailure() << "canary: " << entries;
    for (const auto& entry : fs::directory_iterator(bundle.cache() / "hitch/layers")) {
      if (entry.path().extension() != ".new") continue;
      return ::testing::AssertionFailure() << "half a layer is left: " << entry.path();
    }
    return result;
  }
  std::string outside(const std::string& name) const { return (canary() / name).native(); }
};

TEST_F(HostileImages, PathsThatLeadOut) {
  EXPECT_TRUE(refused(R"({"file": "../escaped"})", "entry '../escaped': its path has '..' in it"));
  EXPECT_TRUE(refused(R"({"file": "a/../../escaped"})", "entry '.*': its path has '..' in it"));
  EXPECT_TRUE(
      refused(R"({"file": ")" + outside("file") + R"("})", "entry '.*': its path is absolute"));
  EXPECT_TRUE(refused(R"({"dir": ".."})", "its path has '..' in it"));
}

TEST_F(HostileImages, PathsThroughSymbolicLinks) {
  const std::string link = R"({"link": "way", "to": ")" + outside("") + R"("}, )";
  EXPECT_TRUE(refused(link + R"({"file": "way/file", "text": "x"})",
                      "entry 'way/file': its path 'way' goes through a symbolic link"));
  EXPECT_TRUE(refused(link + R"({"dir": "way/below/new"})", "its path .* symbolic link"));
  EXPECT_TRUE(refused(link + R"({"file": "way/.wh.file"})", "its path .* symbolic link"));
  EXPECT_TRUE(refused(link + R"({"file": "way/.wh..wh..opq"})", "its path .* symbolic link"));
  EXPECT_TRUE(refused(link + R"({"hard": "mine", "to": "way/file"})",
                      "the target of the hard link: its path 'way' goes through a symbolic link"));
  EXPECT_TRUE(refused(R"({"link": "up", "to": "../../../.."}, {"file": "up/file"})",
                      "its path .* symbolic link"));
  EXPECT_TRUE(refused(R"({"file": "plain"}, {"file": "plain/below"})",
                      "goes through what is no directory"));
}

TEST_F(HostileImages, ALinkInPlaceOfAFileIsReplacedAndNotWrittenThrough) {
  const auto before = listing_of(canary());
  const auto result = run_image(R"({"link": "file", "to": ")" + outside("file") +
                                R"("}, {"file": "file", "text": "overwritten"})");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(listing_of(canary()), before);
}

TEST_F(HostileImages, HardLinksOutOfTheLayer) {
  EXPECT_TRUE(refused(R"({"hard": "mine", "to": ")" + outside("file") + R"("})",
                      "the target of the hard link: its path is absolute"));
  EXPECT_TRUE(refused(R"({"hard": "mine", "to": "../../file"})",
                      "the target of the hard link: its path has '..' in it"));
  EXPECT_TRUE(refused(R"({"hard": "mine", "to": "bin/busybox"})",
                      "the target of the hard link, 'bin/busybox', is not there"));
  EXPECT_TRUE(refused(R"({"dir": "d"}, {"hard": "mine", "to": "d"})", "is no file"));
}

TEST_F(HostileImages, WhiteoutsOfWhatIsNoName) {
  EXPECT_TRUE(refused(R"({"file": "a/.wh..."})", "it says of no file that it is gone"));
  EXPECT_TRUE(refused(R"({"file": "a/.wh.."})", "it says of no file that it is gone"));
  EXPECT_TRUE(refused(R"({"file": "a/.wh."})", "it says of no file that it is gone"));
}

TEST_F(HostileImages, ThingsThatAreThereTwice) {
  EXPECT_TRUE(refused(R"({"dir": "a"}, {"file": "a"})", "it is there twice, once as a directory"));
  EXPECT_TRUE(refused(R"({"link": "a", "to": "b"}, {"dir": "a"})", "it is there twice, once as a"));
}

TEST_F(HostileImages, FilesThatWouldFillTheDisk) {
  EXPECT_TRUE(refused(R"({"file": "big", "size": 1099511627776})",
                      "entry 'big': with it, the files are larger than 65536 MiB"));
}

TEST_F(HostileImages, DeviceNodesAreLeftOutWithANote) {
  const auto result = run_image(R"({"device": "dev/sda"}, {"device": "gone"})");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(
      has_line(result.out + result.err, "of the image of 'Own': 'gone' is a device, and left out"));
}

TEST_F(HostileImages, DamagedOnesAreTold) {
  EXPECT_TRUE(failed_saying(run_image(R"({"file": "a"})", R"("damage": "layer")"), 125,
                            "it is damaged: its digest is sha256:"));
  EXPECT_TRUE(failed_saying(run_image(R"({"file": "b"})", R"("damage": "diff_id")"), 125,
                            "its content is sha256:.*, and not what the image names, sha256:0000"));
  EXPECT_TRUE(failed_saying(run_image(R"({"file": "c"})", R"("damage": "config")"), 125,
                            "the blob sha256:.* is damaged"));
}

TEST_F(HostileImages, DeepOnesAreRefused) {
  std::string path = "a";
  for (int i = 0; i < 300; ++i) path += "/a";
  EXPECT_TRUE(refused(R"({"file": ")" + path + R"("})", "its path is nested too deep"));
}

}  // namespace
}  // namespace hitch::testing
