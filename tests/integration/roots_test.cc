// Services that bring a directory as their root: what is in it, what it shares with the bundle, and
// that nothing leads out of it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>

#include "integration/harness/hitch_test.h"
#include "integration/harness/images.h"

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Roots : public HitchTest {
 protected:
  void SetUp() override {
    HitchTest::SetUp();
    make_root(root());
  }
  fs::path root() const { return bundle.directory() / "root"; }
  /// A service in the root that runs a script, and is ready once that has said so.
  void write_script(const std::string& script, const std::string& more = "") {
    bundle.write_file("root/script", script + "\necho up; exec busybox sleep 1000\n");
    bundle.write(
        "services:\n  Own:\n    rootfs: root\n    command: [/bin/sh, /script]\n"
        "    ready: up\n" +
        more);
  }
};

TEST_F(Roots, ServiceSeesItsOwnFilesAndTheKernels) {
  bundle.write_file("root/marker", "of the root\n");
  write_script(R"(
    busybox cat /marker; busybox id -u; busybox ls -d /usr; busybox pwd
    busybox stat -f -c 'proc is %T' /proc; busybox cat /proc/1/comm
    echo x >/dev/null && busybox test -c /dev/urandom && echo devices
    for d in /tmp /var/tmp /run /dev/shm $HITCH_DATA; do echo x >$d/file && echo writes $d; done
    busybox grep -c Own /etc/hosts; echo $HOME $PATH)");
  const auto result = run_script("cat /marker; ls -d /usr");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "/usr\n") << "CMD is not in that root";
  for (const std::string line :
       {"of the root", "1000", "No such file", "\\] /$", "proc is proc", "hitch-init", "devices",
        "writes /tmp$", "writes /var/tmp", "writes /run$", "writes /dev/shm",
        "writes /run/hitch/data/Own", "\\] 1$", "/ /usr/local/sbin:"}) {
    EXPECT_TRUE(has_line(result.err, line));
  }
}

TEST_F(Roots, WritesAreThrownAway) {
  const auto before = listing_of(root());
  write_script("echo x >/new && echo y >/bin/more && busybox rm /script && echo written");
  const auto with_script = listing_of(root());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(has_line(run_script("true").err, "written"));
  EXPECT_EQ(listing_of(root()), with_script);
  EXPECT_THAT(with_script, HasSubstr(before.substr(0, before.find('\n'))));
}

TEST_F(Roots, HooksReadinessAndSubcommandsRunInTheSameRoot) {
  bundle.write_file("root/here", "");
  bundle.write(R"(
services:
  Own:
    rootfs: root
    working_dir: /work/below
    command: [sh, -c, "pwd; echo x >ready; exec busybox sleep 1000"]
    setup: [[sh, -c, "ls() { busybox ls \"$@\"; }; ls /here; echo setup >from_setup"]]
    ready: {all: [{file: ready}, {exec: [busybox, test, -f, /here]}]}
    poststart: [[sh, -c, "busybox cat from_setup; busybox ls -d /usr || true"]]
    subcommands: {show: [busybox, cat]}
)");
  bundle.write_file("root/bin/ls", "#!/bin/sh\nexec busybox ls \"$@\"\n");
  fs::permissions(root() / "bin/ls", fs::perms::owner_all);
  ASSERT_TRUE(exited(run({"up", "-d"}), 0));
  const auto shown = run({"exec", "Own", "--", "show", "from_setup"});
  EXPECT_TRUE(exited(shown, 0));
  EXPECT_EQ(shown.out, "setup\n");
  const auto shell = run({"exec", "Own", "--", "sh", "-c", "busybox pwd; busybox ls /here"});
  EXPECT_EQ(shell.out, "/work/below\n/here\n");
  const auto plain = run({"shell", "Own"}, {.input = "busybox ls /here\n"});
  EXPECT_EQ(plain.out, "/here\n") << plain.err;
  const auto logs = run({"logs"});
  EXPECT_THAT(logs.out, HasSubstr("/work/below"));
  EXPECT_THAT(logs.out, HasSubstr("/usr: No such file"));
  EXPECT_TRUE(exited(run({"down"}), 0));
}

TEST_F(Roots, AServiceOfTheMachineIsReachedByItsName) {
  bundle.write(R"(
services:
  Web:
    command: [/bin/busybox, httpd, -f, -p, "8000", -h, .]
    working_dir: root
    ready: {listen: 8000}
  Own:
    rootfs: root
    command: [busybox, httpd, -f, -p, "8001", -h, /www]
    ready: {http: {port: 8001, path: /answer}}
    poststart: [[sh, -c, "busybox wget -q -O - http://Web:8000/greeting"]]
    depends_on: [Web]
)");
  bundle.write_file("root/greeting", "hello from the machine\n");
  bundle.write_file("root/www/answer", "hello from the root\n");
  const auto result = run_script("/bin/busybox wget -q -O - http://Own:8001/answer");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.err, "Post Own\\] hello from the machine"));
  EXPECT_EQ(result.out, "hello from the root\n");
}

TEST_F(Roots, VolumesAndTmpfsAreInTheRootAlone) {
  bundle.write_file("shared/file", "of the volume\n");
  bundle.write_file("one.conf", "one file\n");
  write_script(R"(
    busybox cat /srv/deep/file /etc/one.conf; echo x >/srv/deep/written; echo y >/srv/deep/tmp/gone
    echo z >/etc/one.conf || echo read-only; busybox ls -A /srv/deep/tmp)",
               "    volumes: [./shared:/srv/deep, ./one.conf:/etc/one.conf:ro]\n"
               "    tmpfs: /cache/deep\n");
  fs::create_directory(bundle.directory() / "shared/tmp");
  const auto result = run_script("ls /srv/deep; ls /cache");
  EXPECT_EQ(result.out, "");
  for (const std::string line : {"of the volume", "one file", "read-only", "gone"}) {
    EXPECT_TRUE(has_line(result.err, line));
  }
  EXPECT_EQ(bundle.read_file("shared/written"), "x\n");
  EXPECT_EQ(bundle.read_file("one.conf"), "one file\n");
}

TEST_F(Roots, NothingIsMadeInAVolumeForWhatIsMountedInIt) {
  bundle.write_file("shared/file", "");
  bundle.write_file("other/file", "");
  fs::create_symlink("/srv", root() / "way");
  write_script("true", "    volumes: [./shared:/srv, ./other:/way/inner]\n");
  EXPECT_TRUE(failed_saying(run_script("true"), 125,
                            "mount in the root of a service '/way/inner': Read-only file system"));
  EXPECT_FALSE(bundle.has_file("shared/inner"));
}

TEST_F(Roots, PreparedDataIsMadeAndSeenInTheRoot) {
  write_script("busybox cat $HITCH_DATA/db/rows; echo more >>$HITCH_DATA/db/rows",
               "    data: {path: db, prepare: [[sh, -c, 'busybox pwd >$HITCH_DATA/db/rows; "
               "busybox ls -d /usr 2>>$HITCH_DATA/db/rows || true']]}\n");
  for (int i = 0; i < 2; ++i) {
    const auto result = run_script("true");
    EXPECT_TRUE(exited(result, 0));
    EXPECT_TRUE(has_line(result.err, "Own\\] /$"));
    EXPECT_TRUE(has_line(result.err, "/usr: No such file"));
    EXPECT_EQ(count_lines(result.err, "more"), 0);
  }
}

TEST_F(Roots, NoCapabilityAndNoWayOutIsLeft) {
  bundle.write_file("outside", "secret\n");
  write_script(R"(
    busybox grep Cap /proc/self/status; cd ..; busybox ls -d bin marker usr
    busybox ls /proc/1/root/usr; busybox chroot / /bin/sh -c 'echo chrooted')",
               "  Host: {command: [sleep, '1000']}\n");
  bundle.write_file("root/marker", "");
  const auto result = run_script("grep Cap /proc/self/status");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.err, "Cap.*0000000000000000$"), 5) << result.err;
  EXPECT_EQ(count_lines(result.out, "Cap.*0000000000000000$"), 5) << result.out;
  EXPECT_TRUE(has_line(result.err, "Own\\] bin$"));
  EXPECT_TRUE(has_line(result.err, "usr: No such file"));
  EXPECT_TRUE(has_line(result.err, "/proc/1/root.*Permission denied"));
  EXPECT_EQ(count_lines(result.err, "\\] chrooted"), 0);
}

TEST_F(Roots, ItsProgramIsLookedForInItAlone) {
  bundle.write("services:\n  Own: {rootfs: root, command: [python3]}\n");
  EXPECT_TRUE(failed_saying(run_script("true"), 125, "execute 'python3': No such file"));
}

/// Of which the kernel makes no overlay.
TEST_F(Roots, WhatIsMountedBelowIsNotPartOfIt) {
  fs::create_directories(root() / "data");
  fs::create_directories(root() / "proc");
  write_script("busybox ls -A /data; busybox stat -f -c 'proc is %T' /proc");
  RunOptions options;
  options.prefix = {"/usr/bin/unshare", "--mount"};
  if (::geteuid() != 0) options.prefix.insert(options.prefix.end(), {"--user", "--map-root-user"});
  options.prefix.insert(options.prefix.end(),
                        {"/bin/sh", "-c",
                         "mount -t tmpfs none root/data && echo x >root/data/mounted && "
                         "mount --rbind /proc root/proc && exec \"$@\"",
                         "sh"});
  const auto result = run_script("true", options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.err, "\\] proc is proc$"));
  EXPECT_THAT(result.err, Not(HasSubstr("mounted")));
}

TEST_F(Roots, TheMachinesOwnIsAMistake) {
  bundle.write("services: {A: {rootfs: /, command: ['true']}}\n");
  EXPECT_TRUE(failed_saying(run({"run"}), 2, "services.A.rootfs: '/' is the machine's own root"));
}

TEST_F(Roots, OneThatIsNotThereIsAnErrorOfTheFile) {
  bundle.write("services:\n  Own: {rootfs: none, command: [python3]}\n");
  const auto result = run_script("true");
  EXPECT_TRUE(exited(result, 2));
  EXPECT_TRUE(has_line(result.err, "services.Own.rootfs: there is no directory '.*none'"));
}

TEST_F(Roots, ReplicasDoNotShareWhatTheyWrite) {
  write_script("busybox ls /mine 2>/dev/null && echo shared; echo x >/mine", "    replicas: 3\n");
  const auto result = run_script("true");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.err, "shared"), 0);
}

TEST_F(Roots, AStaticProgramSeesTheBundlesTime) {
  bundle.write_file("root/script", "busybox date +%Y; echo up; exec busybox sleep 1000\n");
  bundle.write(
      "clock: {start: '2015-07-11T10:36:58Z', backend: vdso}\nservices:\n  Own:\n"
      "    rootfs: root\n    command: [/bin/sh, /script]\n    ready: up\n");
  const auto result = run_script("date +%Y");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "2015\n");
  EXPECT_TRUE(has_line(result.err, "Own\\] 2015$"));
}

TEST_F(Roots, ClockByLibfaketimeSaysThatItCannot) {
  bundle.write(
      "clock: {backend: libfaketime}\nservices:\n  Own:\n    rootfs: root\n"
      "    command: [busybox, sleep, '1000']\n");
  EXPECT_TRUE(
      failed_saying(run_script("true"), 125, "libfaketime, which cannot be loaded in a root"));
}

TEST_F(Roots, TheMachinesViewOfTheOthersDoesNotShowThem) {
  write_script("true");
  bundle.write(
      "filesystem: host\nservices:\n  Own:\n    rootfs: root\n"
      "    command: [/bin/sh, /script]\n    ready: up\n");
  const auto place = bundle.cache() / "hitch/mnt/.roots";
  EXPECT_EQ(run_script("ls -A " + place.string() + " && echo and no more").out, "and no more\n");
}

/// A root in which a path is a symbolic link, and a tree on the machine that it points to.
class HostileRoots : public Roots {
 protected:
  fs::path canary() const { return bundle.root() / "canary"; }
  void SetUp() override {
    Roots::SetUp();
    for (const std::string name :
         {"etc", "proc", "dev/shm", "tmp", "run/hitch", "sys", "var/tmp"}) {
      fs::create_directories(canary() / name);
    }
    for (const std::string name : {"etc/passwd", "etc/hosts", "dev/null", "file"}) {
      std::ofstream(canary() / name) << "canary\n";
    }
    write_script("busybox stat -f -c '%T' /proc; busybox test -c /dev/null && echo device");
  }
};

TEST_F(HostileRoots, LinksInPlaceOfWhatIsMountedLeadNowhere) {
  const auto before = listing_of(canary());
  for (const std::string name : {"dev", "proc", "etc", "tmp", "run", "sys", "var"}) {
    const std::string loop = "/" + name, outside = (canary() / name).native();
    std::string relative = outside.substr(1);
    for (int i = 0; i < 20; ++i) relative.insert(0, "../");
    for (const auto& target : {outside, relative, loop, std::string("/proc/self/root/etc"),
                               std::string("/proc/1/cwd"), std::string("/nothing/there")}) {
      fs::remove_all(root() / name);
      fs::create_symlink(target, root() / name);
      const auto result = run_script("true");
      EXPECT_EQ(listing_of(canary()), before) << name << " -> " << target;
      EXPECT_TRUE(exited(result, 0)) << name << " -> " << target;
      EXPECT_TRUE(has_line(result.err, "\\] proc$")) << name << " -> " << target;
      EXPECT_TRUE(has_line(result.err, "\\] device$")) << name << " -> " << target;
      fs::remove(root() / name);
    }
  }
}

TEST_F(HostileRoots, SlowRenamesMeanwhileLeadNowhere) {
  fs::create_directories(root() / "etc");
  fs::create_directories(root() / "var");
  const auto before = listing_of(canary());
  std::atomic<bool> over{false};
  std::thread renamer([&] {
    fs::create_symlink(canary() / "etc", root() / "etc.link");
    fs::create_symlink(canary() / "var", root() / "var.link");
    while (!over) {
      for (const std::string name : {"etc", "var"}) {
        const std::string place = (root() / name).native(), link = place + ".link";
        (void)::renameat2(AT_FDCWD, place.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
      }
    }
  });
  for (int i = 0; i < 30; ++i) {
    const auto result = run_script("true");  // it may fail: the root changes under it
    EXPECT_EQ(listing_of(canary()), before);
  }
  over = true;
  renamer.join();
}

}  // namespace
}  // namespace hitch::testing
