// Mount points that have to be made on the host: they go with the run.
#include <csignal>
#include <fstream>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;

class FilesystemMountPoints : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    fs::create_directory(bundle.root() / "outside");
    std::ofstream(bundle.root() / "outside/file") << "content\n";
  }
  /// A bundle with targets that are not there: directories, and a file.
  void write_missing_targets() {
    bundle.write(R"(
services:
  App:
    shell: "echo x >@dir@/new/deep/scratch/x && cat @dir@/conf/file; echo up; sleep 1000"
    tmpfs: ["@dir@/new/deep/scratch", "@dir@/present"]
    volumes: ["../outside:@dir@/new/shown", "../outside/file:@dir@/conf/file:ro"]
    ready: up
)");
    bundle.write_file("present/kept", "");
  }
  void expect_nothing_made() const {
    EXPECT_FALSE(bundle.has_file("new"));
    EXPECT_FALSE(bundle.has_file("conf"));
    EXPECT_TRUE(bundle.has_file("present/kept"));
    EXPECT_FALSE(fs::exists(bundle.state() / "hitch/mount-points"));
  }
};

TEST_F(FilesystemMountPoints, InTheBundleDirectoryGoWithTheRun) {
  write_missing_targets();
  const auto result = run_script("ls new; cat new/shown/file");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "deep\nshown\ncontent\n");
  EXPECT_TRUE(has_line(result.err, R"(App\] content$)"));
  expect_nothing_made();
  EXPECT_EQ(read_whole_file(bundle.root() / "outside/file"), "content\n");
}

TEST_F(FilesystemMountPoints, OfAKilledRunGoWithTheNextCommand) {
  write_missing_targets();
  auto hitch = start({"run", "--", "/bin/sh", "-c", "echo go; exec sleep 1000"});
  ASSERT_TRUE(hitch->wait_for_out("go")) << hitch->err();
  hitch->send_signal(SIGKILL);
  (void)hitch->wait();
  EXPECT_TRUE(bundle.has_file("new/deep/scratch"));
  bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  expect_nothing_made();
}

TEST_F(FilesystemMountPoints, AreSharedByRunsAndGoWithTheLastOne) {
  write_missing_targets();
  auto longer = start({"run", "--", "/bin/sh", "-c", "echo go; read line; ls new/deep/scratch"},
                      {.keep_input_open = true});
  ASSERT_TRUE(longer->wait_for_out("go")) << longer->err();
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_TRUE(bundle.has_file("new/deep/scratch"));
  longer->write_input("end\n");
  const auto result = longer->wait();
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "go\nx\n") << "the mount of a run went with another one";
  expect_nothing_made();
}

TEST_F(FilesystemMountPoints, StayWhileARunWithOtherRecordsUsesThem) {
  write_missing_targets();
  auto first =
      start({"run", "--", "/bin/sh", "-c", "echo go; read line"}, {.keep_input_open = true});
  ASSERT_TRUE(first->wait_for_out("go")) << first->err();
  const auto state = (bundle.root() / "other").string();  // as another user has
  auto other = start({"run", "--", "/bin/sh", "-c", "echo go; read line; ls new/deep/scratch"},
                     {.keep_input_open = true, .environment = {{"XDG_STATE_HOME", state}}});
  ASSERT_TRUE(other->wait_for_out("go")) << other->err();
  first->write_input("end\n");
  EXPECT_TRUE(exited(first->wait(), 0));
  other->write_input("end\n");
  EXPECT_EQ(other->wait().out, "go\nx\n");
  bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  expect_nothing_made();
}

TEST_F(FilesystemMountPoints, ThatHaveContentAfterwardsStay) {
  bundle.write(R"(
services:
  App: {shell: "echo up; sleep 1000", ready: up, tmpfs: ["@dir@/new/scratch"]}
)");
  EXPECT_TRUE(exited(run_script("echo mine >new/result"), 0));
  EXPECT_EQ(bundle.read_file("new/result"), "mine\n");
  EXPECT_FALSE(bundle.has_file("new/scratch"));
}

TEST_F(FilesystemMountPoints, InTheCallersViewGoWithTheRun) {
  const auto target = bundle.root() / "made/here";
  bundle.write("filesystem: host\nservices:\n  App: {shell: 'echo x >" + target.string() +
               "/x; echo up; sleep 1000', ready: up, tmpfs: ['" + target.string() + "']}\n");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_FALSE(fs::exists(bundle.root() / "made"));
}

TEST_F(FilesystemMountPoints, OfTheBundleDirectoryInAVolumeGoWithTheRun) {
  bundle.write(R"(
services:
  App: {shell: "echo up; sleep 1000", ready: up, volumes: ["../outside:/tmp"]}
)");
  const auto result = run_script("cat /tmp/file; echo kept >result");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "content\n");
  EXPECT_EQ(bundle.read_file("result"), "kept\n");
  EXPECT_FALSE(fs::exists(bundle.root() / "outside" / bundle.root().filename()));
}

TEST_F(FilesystemMountPoints, ThroughALinkOutOfTheDirectoryAreNotMadeOnTheHost) {
  fs::create_directory_symlink("/tmp/linked-" + bundle.mark(), bundle.directory() / "link");
  bundle.write(R"(
services:
  App: {shell: "echo up; sleep 1000", ready: up, tmpfs: ["@dir@/link/scratch"]}
)");
  (void)run({"run", "--", "/bin/true"});
  EXPECT_FALSE(fs::exists("/tmp/linked-" + bundle.mark()));
}

TEST_F(FilesystemMountPoints, OfAHomeThatDoesNotExistNothingIsMade) {
  bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
  const auto home = (bundle.root() / "nonexistent").string();
  const RunOptions options{.environment = {{"HOME", home}}, .without = {"XDG_STATE_HOME"}};
  const auto result = run({"run", "--", "/bin/true"}, options);
  EXPECT_TRUE(failed_saying(result, 125, "HOME '.*/nonexistent' does not exist.*XDG_STATE_HOME"));
  EXPECT_FALSE(fs::exists(home));
}

}  // namespace
}  // namespace hitch::testing
