#include <unistd.h>

#include <fstream>

#include "bench/rows.h"

namespace hitch::bench {

namespace {

namespace fs = std::filesystem;

/// A directory with a busybox in it, and what container runtimes want to find.
fs::path make_root(const Settings& settings) {
  const auto root = settings.disk / "root";
  for (const char* name : {"bin", "proc", "dev", "sys", "tmp", "etc", "run"}) {
    fs::create_directories(root / name);
  }
  fs::copy_file("/bin/busybox", root / "bin/busybox", fs::copy_options::overwrite_existing);
  return root;
}

/// An image of these entries, as make_image.py takes them.
fs::path make_image(const Settings& settings, const std::string& name, const std::string& entries) {
  const auto layout = settings.disk / name;
  const std::string spec = R"({"layout": ")" + layout.native() + R"(", "tag": "v1", "layers": [
    {"compression": "gzip", "entries": [)" +
                           entries + "]}]}";
  (void)time_to_exit({.argv = {"python3", "-B", settings.fixture("make_image.py"), spec}});
  return layout;
}

/// crun refuses the mix of control group trees that some machines have, and podman to raise limits
/// that it may not raise: both get a mount namespace without the newer tree, and its limits.
Command without_unified_tree(const std::string& command) {
  return {.argv = {"unshare", "--mount", "sh", "-c",
                   "umount -R /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup "
                   "2>/dev/null; exec " +
                       command}};
}

void write_crun_bundle(const fs::path& directory, const fs::path& root) {
  fs::create_directories(directory);
  std::ofstream(directory / "config.json")
      << R"({"ociVersion": "1.0.0", "root": {"path": ")" << root.native()
      << R"(", "readonly": true}, "process": {"cwd": "/", "args": ["/bin/busybox", "true"],
      "user": {"uid": 0, "gid": 0}, "env": ["PATH=/bin"]}, "mounts": [
      {"destination": "/proc", "type": "proc", "source": "proc"},
      {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}], "linux": {"namespaces": [
      {"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}]}})";
}

struct Peer {
  std::string name;
  Command command;
};

std::vector<Peer> peers_on(const Settings& settings, const fs::path& root) {
  std::vector<Peer> peers{
      {"bwrap",
       {.argv = {"bwrap", "--unshare-all", "--ro-bind", root.native(), "/", "--proc", "/proc",
                 "--dev", "/dev", "--tmpfs", "/tmp", "/bin/busybox", "true"}}}};
  if (::geteuid() != 0) return peers;  // the others need control groups of their own, or more ids
  const auto crun = settings.disk / "crun";
  write_crun_bundle(crun, root);
  const std::vector<Peer> wanted{
      {"crun run", without_unified_tree("crun --cgroup-manager=disabled run --bundle " +
                                        crun.native() + " hitch-bench-$$")},
      {"podman run --rootfs",
       without_unified_tree("podman --cgroup-manager=cgroupfs run --rm --cgroups=disabled "
                            "--network=none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "
                            "--rootfs " +
                            root.native() + " /bin/busybox true 2>&1")}};
  for (const auto& peer : wanted) {
    try {
      (void)time_to_exit(peer.command);
      peers.push_back(peer);
    } catch (const BenchError&) {  // it is not there, or cannot be run here
    }
  }
  return peers;
}

void measure_starts(const Settings& settings, Table& table) {
  const auto root = make_root(settings);
  const auto layout =
      make_image(settings, "image", R"({"copy": "bin/busybox", "of": "/bin/busybox"})");
  const auto service = [](const std::string& what) {
    return "services:\n  Own: {kind: task, " + what + ", command: [/bin/busybox, 'true']}\n";
  };
  const auto own = hitch_run(
      settings, make_bundle(settings, "rootfs", service("rootfs: '" + root.native() + "'")),
      {"-q"});
  const auto image = hitch_run(
      settings,
      make_bundle(settings, "image_start", service("image: 'oci:" + layout.native() + ":v1'")),
      {"-q"});
  const auto plain = hitch_run(settings,
                               make_bundle(settings, "plain",
                                           "services:\n  Own: {kind: task, command: "
                                           "[/bin/busybox, 'true']}\n"),
                               {"-q"});
  const auto peers = peers_on(settings, root);
  std::vector<std::function<Span()>> turns{[&] { return time_to_exit(own); },
                                           [&] { return time_to_exit(image); },
                                           [&] { return time_to_exit(plain); }};
  for (const auto& peer : peers) {
    turns.emplace_back([&peer] { return time_to_exit(peer.command); });
  }
  const auto samples = take_turns(settings.rounds(60), turns);
  const std::array<std::string, 2> whats{"a task in a `rootfs`, start to exit",
                                         "a task in an `image` of the cache, start to exit"};
  for (std::size_t i = 0; i < whats.size(); ++i) {
    table.compare(whats[i], Unit::kMilliseconds, samples[i], "the same task without", samples[2],
                  Bar::none());
    for (std::size_t p = 0; p < peers.size(); ++p) {
      table.compare(whats[i], Unit::kMilliseconds, samples[i], peers[p].name, samples[3 + p],
                    Bar::none());
    }
  }
}

/// A layer of programs and libraries of this machine, from the blob to the first start.
void measure_unpacking(const Settings& settings, Table& table) {
  const auto layout = make_image(
      settings, "large",
      R"({"programs": ["/usr/bin/python3", "/usr/bin/gdb", "/usr/bin/cmake", "/usr/bin/node"]},
         {"copy": "bin/busybox", "of": "/bin/busybox"})");
  fs::path blob;
  for (const auto& entry : fs::directory_iterator(layout / "blobs/sha256")) {
    if (blob.empty() || entry.file_size() > fs::file_size(blob)) blob = entry.path();
  }
  const auto bundle = make_bundle(settings, "unpack",
                                  "services:\n  Own: {kind: task, image: 'oci:" + layout.native() +
                                      ":v1', command: [/bin/busybox, 'true']}\n");
  const auto hitch = hitch_run(settings, bundle, {"-q"});
  const auto place = settings.disk / "unpacked";
  const Command tar{.argv = {"tar", "-xzf", blob.native(), "-C", place.native()}};
  const auto samples =
      take_turns(settings.rounds(10), {[&] {
                                         fs::remove_all(settings.disk / "cache/hitch/layers");
                                         return time_to_exit(hitch);
                                       },
                                       [&] {
                                         fs::remove_all(place);
                                         fs::create_directories(place);
                                         return time_to_exit(tar);
                                       }});
  const auto megabytes = std::to_string(fs::file_size(blob) >> 20U);
  table.compare("first run of an `image` with a layer of " + megabytes + " MiB (gzip)",
                Unit::kMilliseconds, samples[0], "tar -xzf of it", samples[1], Bar::none());
}

}  // namespace

void measure_roots(const Settings& settings, Table& table) {
  measure_starts(settings, table);
  measure_unpacking(settings, table);
}

}  // namespace hitch::bench
