// Services that bring the image of a container, as a layout on this machine.
#include <unistd.h>

#include <fstream>

#include "integration/harness/hitch_test.h"
#include "integration/harness/images.h"

namespace hitch::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Images : public HitchTest {
 protected:
  static std::string layer(const std::string& entries, const std::string& compression = "gzip") {
    return R"({"compression": ")" + compression + R"(", "entries": [)" + entries + "]}";
  }
  /// An image of these layers, the lowest first; busybox is below them.
  void make(const std::string& layers, const std::string& more = "") {
    make_image(bundle, "v1",
               "\"layers\": [" + layer(kBusybox) + (layers.empty() ? "" : ", ") + layers + "]" +
                   (more.empty() ? "" : ", " + more));
  }
  void write_script(const std::string& script, const std::string& more = "") {
    bundle.write("services:\n  Own:\n    image: oci:image:v1\n    shell: '" + script +
                 "; echo up; exec busybox sleep 1000'\n    ready: up\n" + more);
  }
};

TEST_F(Images, RedisOfAnImageWorksWithTheMachinesClient) {
  make_image(bundle, "redis",
             R"("layers": [)" +
                 layer(R"({"programs": ["/usr/bin/redis-server", "/usr/bin/redis-cli"]})") + ", " +
                 layer(kBusybox, "zstd") +
                 R"(], "config": {"Entrypoint": ["redis-server"], "Cmd": ["--port", "6400"],
                     "WorkingDir": "/data", "User": "redis", "Env": ["FROM=image", "BOTH=image"]})");
  bundle.write(R"(
services:
  Redis:
    image: oci:image:redis
    ready: {listen: 6400}
    environment: {BOTH: file}
    setup: [[sh, -c, "echo $FROM $BOTH; busybox id -un; busybox pwd"]]
    poststart: [[redis-cli, -p, "6400", set, greeting, hello]]
  Mine:
    image: oci:image:redis
    command: [--port, "6401"]
    ready: {listen: 6401}
)");
  const auto result = run_script("redis-cli -h Redis -p 6400 get greeting; redis-cli -p 6401 ping");
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(result.out, "hello\nPONG\n");
  EXPECT_TRUE(has_line(result.err, "image file$"));
  EXPECT_TRUE(has_line(result.err, "\\] redis$")) << "the name of the image's user";
  EXPECT_TRUE(has_line(result.err, "\\] /data$"));
}

TEST_F(Images, WhatALayerRemovesIsGone) {
  make(layer(R"({"dir": "a"}, {"file": "a/old", "text": "old"}, {"file": "a/kept", "text": "kept"},
                {"dir": "b"}, {"file": "b/hidden"}, {"dir": "b/deep"}, {"file": "b/deep/hidden"},
                {"dir": "c"}, {"file": "c/hidden"}, {"file": "d"}, {"link": "e", "to": "a"},
                {"file": "twice", "text": "first"})") +
       ", " +
       layer(R"({"file": "a/.wh.old"}, {"file": "b/new"}, {"file": "b/.wh..wh..opq"},
                {"file": ".wh.c"}, {"dir": "c"}, {"file": "c/fresh"}, {"file": ".wh.d"},
                {"dir": "e"}, {"file": "e/now_a_directory"},
                {"file": "twice", "text": "second"}, {"hard": "linked", "to": "twice"})",
             "zstd"));
  write_script("busybox find a b c d e | busybox sort; busybox cat twice linked; echo");
  const auto result = run_script("true");
  EXPECT_TRUE(exited(result, 0));
  const auto seen = result.err;
  for (const std::string line :
       {"a/kept", "b/new", "c/fresh", "e/now_a_directory", "secondsecond"}) {
    EXPECT_TRUE(has_line(seen, "\\] " + line + "$"));
  }
  for (const std::string gone : {"a/old", "hidden", "first"})
    EXPECT_THAT(seen, Not(HasSubstr(gone)));
  EXPECT_TRUE(has_line(seen, "d: No such file"));
}

TEST_F(Images, LayersAreUnpackedOnceAndStayAsTheyAre) {
  make(layer(R"({"dir": "a"}, {"file": "a/file", "text": "as it was"})"));
  write_script("busybox cat /a/file; echo; echo changed >/a/file; busybox rm /bin/sh");
  const auto cached = bundle.cache() / "hitch/layers";
  EXPECT_TRUE(exited(run_script("true"), 0));
  std::map<fs::path, ino_t> before;
  const auto look = [&] {
    std::map<fs::path, ino_t> found;
    for (const auto& entry : fs::directory_iterator(cached)) {
      struct stat info {};
      if (entry.is_directory() && ::lstat(entry.path().c_str(), &info) == 0) {
        found[entry.path()] = info.st_ino;
      }
    }
    return found;
  };
  before = look();
  EXPECT_EQ(before.size(), 2U);
  const auto again = run_script("true");
  EXPECT_TRUE(has_line(again.err, "as it was"));
  EXPECT_EQ(look(), before);
}

TEST_F(Images, ModesOfFilesAreKeptAndSetUserIdIsNot) {
  make(layer(R"({"copy": "su", "of": "/bin/busybox", "mode": 2541}, {"dir": "sticky", "mode": 1023},
                {"file": "private", "mode": 384}, {"dir": "closed", "mode": 320},
                {"file": "closed/file"}, {"fifo": "pipe", "mode": 420})"));
  write_script(
      "busybox stat -c \"%n %a %u\" /su /sticky /private /closed /closed/file; "
      "busybox test -p /pipe && echo fifo");
  const auto result = run_script("true");
  for (const std::string line : {"/su 755 1000", "/sticky 1777 1000", "/private 600 1000",
                                 "/closed 500 1000", "/closed/file 644 1000", "fifo"}) {
    EXPECT_TRUE(has_line(result.err, "\\] " + line + "$"));
  }
  for (const auto& layer : fs::directory_iterator(bundle.cache() / "hitch/layers")) {
    std::error_code none;  // for who removes all of this
    fs::permissions(layer.path() / "closed", fs::perms::owner_all, none);
  }
}

TEST_F(Images, TheFileReplacesWhatTheImageSays) {
  make("", R"("config": {"Entrypoint": ["/bin/sh", "-c"], "Cmd": ["echo the image"],
              "StopSignal": "SIGUSR1", "WorkingDir": "/made/of/it"})");
  bundle.write(R"(
services:
  AsItIs: {kind: task, image: "oci:image:v1"}
  Command: {kind: task, image: "oci:image:v1", command: ["echo a command of $PWD"]}
  Entry: {kind: task, image: "oci:image:v1", entrypoint: [busybox, echo, an entry], working_dir: /bin}
  Shell: {kind: task, image: "oci:image:v1", shell: "echo a script"}
)");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 0));
  for (const std::string line : {"AsItIs\\] the image$", "Command\\] a command of /made/of/it$",
                                 "Entry\\] an entry$", "Shell\\] a script$"}) {
    EXPECT_TRUE(has_line(result.out + result.err, line));
  }
}

TEST_F(Images, StopSignalIsTheImages) {
  make("", R"("config": {"Entrypoint": ["/bin/sh", "-c"], "StopSignal": "SIGUSR1"})");
  bundle.write(
      "services:\n  Own:\n    image: oci:image:v1\n    ready: up\n    command: "
      "['trap \"echo told; exit 0\" USR1; echo up; while :; do busybox sleep 1; done']\n");
  EXPECT_TRUE(has_line(run_script("true").err, "Own\\] told"));
}

TEST_F(Images, OneOfSeveralPlatformsIsTaken) {
  make("", R"("index": true, "config": {"Cmd": ["/bin/sh", "-c", "echo here"]})");
  bundle.write("services:\n  Own: {kind: task, image: 'oci:image:v1'}\n");
  EXPECT_TRUE(has_line(run({"run"}).out, "here"));
}

TEST_F(Images, OneOfAnotherMachineIsRefused) {
  make("", R"("architecture": "s390x")");
  bundle.write("services:\n  Own: {image: 'oci:image:v1', command: [x]}\n");
  EXPECT_TRUE(failed_saying(run_script("true"), 2, "it is for 'linux/s390x', and this machine is"));
}

TEST_F(Images, ATagThatIsNotThereIsNamedWithThoseThatAre) {
  make("");
  bundle.write("services:\n  Own: {image: 'oci:image:v2'}\n");
  EXPECT_TRUE(failed_saying(run_script("true"), 2,
                            "service 'Own': image 'oci:.*image:v2': there is "
                            "no such tag; there is 'v1'"));
}

TEST_F(Images, OneWithoutACommandWantsOne) {
  make("");
  bundle.write("services:\n  Own: {image: 'oci:image:v1'}\n");
  EXPECT_TRUE(
      failed_saying(run_script("true"), 2, "names no command: give the service a 'command'"));
}

TEST_F(Images, TwoRunsAtOnceUnpackALayerOnce) {
  make(layer(R"({"programs": ["/usr/bin/python3"]})"));
  write_script("true");
  const auto first = start({"run", "--", "true"}), second = start({"run", "--", "true"});
  EXPECT_TRUE(exited(first->wait(), 0));
  EXPECT_TRUE(exited(second->wait(), 0));
}

TEST_F(Images, SlowOneThatUmociHasMadeWorks) {
  if (::access("/usr/bin/umoci", X_OK) != 0) GTEST_SKIP() << "no umoci here";
  const std::string make = "cd '" + bundle.directory().string() + R"(' && exec >/dev/null 2>&1
    umoci init --layout image && umoci new --image image:v1 &&
    umoci unpack --rootless --image image:v1 work && mkdir -p work/rootfs/bin work/rootfs/old &&
    cp /bin/busybox work/rootfs/bin && ln -s busybox work/rootfs/bin/sh && touch work/rootfs/old/x &&
    umoci repack --image image:v1 work && rm -r work &&
    umoci unpack --rootless --image image:v1 work && rm -r work/rootfs/old && echo hi >work/rootfs/new &&
    umoci repack --image image:v1 work && rm -r work &&
    umoci config --image image:v1 --config.cmd /bin/sh --config.cmd=-c \
      --config.cmd 'busybox cat /new; busybox ls /old' &&
    skopeo copy --insecure-policy oci:image:v1 oci:copied:v1)";
  ASSERT_EQ(::system(make.c_str()), 0);
  bundle.write("services:\n  Own: {kind: task, success_exit_codes: [1], image: 'oci:copied:v1'}\n");
  const auto result = run({"run"});
  EXPECT_TRUE(exited(result, 0));
  EXPECT_TRUE(has_line(result.out, "Own\\] hi"));
  EXPECT_TRUE(has_line(result.out, "/old: No such file"));
}

/// The same layers in one directory, for where the kernel refuses overlays.
TEST_F(Images, WithoutOverlaysEachRunHasACopy) {
  make(
      layer(R"({"dir": "a"}, {"file": "a/old"}, {"dir": "b", "mode": 365}, {"file": "b/hidden"})") +
      ", " + layer(R"({"file": "a/.wh.old"}, {"file": "b/.wh..wh..opq"}, {"file": "b/new"})"));
  write_script("busybox find a b; echo x >/a/written; echo y >/b/new");
  const auto place = bundle.root() / "stacked";
  fs::create_directory(place);
  const std::string script = "set -e; mount -t tmpfs none '" + place.string() + "'; cd '" +
                             place.string() + R"('
    mkdir a b one upper work two
    mount -t overlay overlay -o lowerdir=a:b one
    mount -t overlay overlay -o lowerdir=one,upperdir=upper,workdir=work,userxattr two
    export XDG_CACHE_HOME=$PWD/two HOME=$PWD/two; cd ')" +
                             bundle.directory().string() + R"('
    for i in 1 2; do "$0" run -- /bin/true || exit; done; ls -A $XDG_CACHE_HOME/hitch/copies)";
  RunOptions options;
  options.prefix = {"/usr/bin/unshare"};
  if (::geteuid() != 0) options.prefix.insert(options.prefix.end(), {"--user", "--map-root-user"});
  options.prefix.insert(options.prefix.end(), {"--mount", "/bin/sh", "-c", script});
  const auto result = run({}, options);
  EXPECT_TRUE(exited(result, 0));
  EXPECT_EQ(count_lines(result.err, "refuses an overlay on '.*layers/.*copy of this root"), 2)
      << result.err;
  EXPECT_EQ(count_lines(result.err, "\\] b/new$"), 2);
  for (const std::string gone : {"a/old", "b/hidden", "a/written"}) {
    EXPECT_EQ(count_lines(result.err, gone), 0) << gone;
  }
}

}  // namespace
}  // namespace hitch::testing
