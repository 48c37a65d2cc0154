// What is private, what is read-only, and what is written for real.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Files : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    bundle.write("services:\n  Idle: {command: [sleep, '1000']}\n");
  }
};

TEST_F(Files, BundleDirectoryIsWritableForReal) {
  EXPECT_TRUE(exited(run_script("echo kept >result.txt"), 0));
  EXPECT_EQ(bundle.read_file("result.txt"), "kept\n");
}

TEST_F(Files, FilesOfTheBundleBelongToTheCaller) {
  EXPECT_TRUE(exited(run_script("mkdir made && echo kept >made/result.txt"), 0));
  struct stat info {};
  ASSERT_EQ(::stat((bundle.directory() / "made/result.txt").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, ::geteuid());
}

TEST_F(Files, HomeIsReadableAndWritesToItAreThrownAway) {
  std::ofstream(bundle.home() / "settings") << "old\n";
  const auto result = run_script(
      "cat ~/settings && echo new >~/settings && echo x >~/more && "
      "cat ~/settings && ls ~");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "old\nnew\nmore\nsettings\n");
  EXPECT_EQ(read_whole_file(bundle.home() / "settings"), "old\n");
  EXPECT_FALSE(std::filesystem::exists(bundle.home() / "more"));
  std::filesystem::remove(bundle.home() / "settings");
}

TEST_F(Files, BundleDirectoryBelowHomeIsStillWritableForReal) {
  const auto home = bundle.directory().parent_path();
  const RunOptions options{.environment = {{"HOME", home}}};
  EXPECT_TRUE(exited(run_script("echo kept >result.txt; echo gone >~/gone.txt", options), 0));
  EXPECT_EQ(bundle.read_file("result.txt"), "kept\n");
  EXPECT_FALSE(std::filesystem::exists(home / "gone.txt"));
}

TEST_F(Files, TemporaryDirectoriesAreEmptyWritableAndPrivate) {
  const auto name = "hitch-private-" + bundle.mark();
  const auto result =
      run_script("ls -A /var/tmp /dev/shm; for d in /tmp /var/tmp /dev/shm /run; do echo x >$d/" +
                 name + " || exit 1; done");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "/dev/shm:\n\n/var/tmp:\n");
  for (const std::string directory : {"/tmp/", "/var/tmp/", "/dev/shm/", "/run/"}) {
    EXPECT_FALSE(std::filesystem::exists(directory + name)) << directory;
  }
}

TEST_F(Files, TemporaryFilesOfTheHostAreNotSeen) {
  const auto path = bundle.root() / "secret.txt";
  std::ofstream(path) << "secret\n";
  const auto result = run_script("cat " + path.string() + "; ls /tmp");
  EXPECT_THAT(result.out, Not(HasSubstr("secret")));
}

TEST_F(Files, ServicesAndCommandShareTheTemporaryDirectory) {
  bundle.write(R"(
services:
  App: {shell: "echo shared >/tmp/new; mv /tmp/new /tmp/note; sleep 1000", ready: {file: /tmp/note}}
)");
  const auto result = run({"run", "--", "/bin/cat", "/tmp/note"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "shared\n");
}

TEST_F(Files, TwoRunsDoNotShareAnything) {
  EXPECT_TRUE(exited(run_script("echo x >/tmp/note; echo x >~/note; echo x >/run/note"), 0));
  const auto result = run_script("cat /tmp/note ~/note /run/note 2>/dev/null");
  EXPECT_TRUE(exited(result, 1));
  EXPECT_EQ(result.out, "");
}

TEST_F(Files, OverlayThrowsAwayWritesToTheBundleDirectory) {
  bundle.write("filesystem: overlay\nservices:\n  Idle: {command: [sleep, '1000']}\n");
  bundle.write_file("data.txt", "old\n");
  const auto result = run_script(
      "cat data.txt && echo new >data.txt && mkdir sub && echo x >sub/x && "
      "cat data.txt && rm data.txt && ls");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.out, HasSubstr("old\nnew\n"));
  EXPECT_EQ(bundle.read_file("data.txt"), "old\n");
  EXPECT_FALSE(bundle.has_file("sub"));
}

TEST_F(Files, HostFilesystemIsTheCallersView) {
  bundle.write("filesystem: host\nservices:\n  Idle: {command: [sleep, '1000']}\n");
  const auto path = bundle.root() / "outside.txt";
  EXPECT_TRUE(exited(run_script("echo written >" + path.string()), 0));
  EXPECT_EQ(read_whole_file(path), "written\n");
}

TEST_F(Files, WorkingDirectoryIsRelativeToTheBundleFile) {
  bundle.write_file("app/keep", "");
  bundle.write(R"(
services:
  App: {shell: "pwd >new; mv new where; sleep 1000", working_dir: app, ready: {file: where}}
)");
  const auto file = (bundle.directory() / "hitch.yaml").string();
  EXPECT_TRUE(exited(run({"run", "-f", file, "--", "/bin/true"}, {.directory = "/"}), 0));
  EXPECT_EQ(bundle.read_file("app/where"), (bundle.directory() / "app").string() + "\n");
}

class Volumes : public HitchTest {};

TEST_F(Volumes, AreWritableForReal) {
  std::filesystem::create_directory(bundle.root() / "outside");
  bundle.write(R"(
services:
  App:
    shell: "echo kept >/srv/new; mv /srv/new /srv/result; sleep 1000"
    volumes: ["../outside:/srv"]
    ready: {file: /srv/result}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
  EXPECT_EQ(read_whole_file(bundle.root() / "outside/result"), "kept\n");
}

TEST_F(Volumes, MayBeReadOnly) {
  std::filesystem::create_directory(bundle.root() / "outside");
  std::ofstream(bundle.root() / "outside/config") << "setting\n";
  bundle.write(R"(
services:
  App:
    shell: "cat /srv/config; echo x 2>&1 >/srv/config || echo refused; sleep 1000"
    volumes: ["../outside:/srv:ro"]
    ready: refused
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_THAT(result.err, HasSubstr("setting"));
  EXPECT_EQ(read_whole_file(bundle.root() / "outside/config"), "setting\n");
}

TEST_F(Volumes, MayBeASingleFile) {
  bundle.write_file("my.conf", "mine\n");
  bundle.write(R"(
services:
  App: {shell: "cat /etc/hostname; sleep 1000", volumes: ["my.conf:/etc/hostname:ro"], ready: mine}
)");
  EXPECT_TRUE(exited(run({"run", "--", "/bin/true"}), 0));
}

TEST_F(Volumes, MissingSourceIsAnErrorOfTheFile) {
  bundle.write(R"(
services:
  App: {command: [sleep, "1000"], volumes: ["missing:/srv"]}
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 2));
  EXPECT_THAT(result.err, HasSubstr("services.App.volumes"));
  EXPECT_THAT(result.err, HasSubstr("missing"));
}

TEST_F(Volumes, TmpfsIsWritableAndGoneAfterwards) {
  bundle.write_file("scratch/old", "");
  bundle.write(R"(
services:
  App:
    shell: "ls @dir@/scratch; echo x >@dir@/scratch/new; echo up; sleep 1000"
    tmpfs: ["@dir@/scratch"]
    ready: up
)");
  const auto result = run({"run", "--", "/bin/true"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.err, R"(App\] old$)"), 0);
  EXPECT_FALSE(bundle.has_file("scratch/new"));
  EXPECT_TRUE(bundle.has_file("scratch/old"));
}

}  // namespace
}  // namespace hitch::testing
