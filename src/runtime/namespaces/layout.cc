#include "runtime/namespaces/layout.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "runtime/namespaces/root_layout.h"

namespace hitch {

namespace {

constexpr std::array<std::string_view, 6> kDeviceNodes{"null",   "zero",    "full",
                                                       "random", "urandom", "tty"};
/// Writable through their owner, which the caller is when the caller is root: no capability is
/// asked for, so only a read-only mount keeps the host's kernel settings out of reach.
constexpr std::array<std::string_view, 7> kFrozenProc{
    "/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus",
    "/proc/fs",  "/proc/acpi",          "/proc/scsi"};
constexpr std::array<std::string_view, 5> kMaskedProc{
    "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug"};
/// Directories that every bundle has for itself.
struct PrivateDirectory {
  std::string_view name, target;
  std::uint32_t mode;
};
constexpr std::array kPrivateDirectories{
    PrivateDirectory{"tmp", "/tmp", 01777}, PrivateDirectory{"vartmp", "/var/tmp", 01777},
    PrivateDirectory{"run", "/run", 0755}, PrivateDirectory{"dev", "/dev", 0755}};

bool is_below(std::string_view path, std::string_view directory) {
  return path == directory ||
         (path.starts_with(directory) && path.size() > directory.size() &&
          path[directory.size()] == '/') ||
         directory == "/";
}

bool is_private(std::string_view path) {
  return std::any_of(kPrivateDirectories.begin(), kPrivateDirectories.end(),
                     [&](const auto& known) { return is_below(path, known.target); });
}

bool is_private_itself(std::string_view path) {
  return std::any_of(kPrivateDirectories.begin(), kPrivateDirectories.end(),
                     [&](const auto& known) { return path == known.target; });
}

class Planner {
 public:
  explicit Planner(const LayoutRequest& request) : request_(request) {}

  std::vector<HostMountPoint> host_mount_points() {
    take_all();
    order();
    std::vector<HostMountPoint> points;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      auto point = place_on_host(i);
      if (!point.path.empty()) points.push_back(std::move(point));
    }
    return points;
  }

  MountPlan plan() {
    add({.kind = MountKind::kDetach, .target = "/"});
    take_all();
    if (request_.shared_proc) settings(kMountOptional | kMountRefusable);  // read-only afterwards
    if (!request_.host_view) add({.kind = MountKind::kReadOnlyAll, .target = "/"});
    if (request_.host_view) control_groups();
    add({.kind = MountKind::kScratch, .target = request_.scratch, .text = "50%"});
    if (!request_.host_view) private_directories();
    proc();
    data_directories();
    attach_all();
    etc();
    if (!request_.shared_proc) settings(0);
    cover_proc();
    for (const auto& root : roots_) root.attach(plan_);
    if (!roots_.empty() && request_.host_view) cover_roots(plan_);
    return std::move(plan_);
  }

 private:
  /// Something taken early and shown late: what is mounted over its path does not matter then.
  struct Kept {
    std::string target;
    std::uint32_t slot = 0;
    bool read_only = false;
    std::string layer = {};  ///< not empty: show it under a throw-away layer of this name
    std::string empty = {};  ///< not empty: nothing was kept, show a fresh directory of this name
    int rank = 0;            ///< of two with the same target, the higher one is attached last
    std::string source = {};

    bool is_writable_for_real() const { return empty.empty() && layer.empty() && !read_only; }
  };

  /// Where on the host the mount point of kept_[index] is; nowhere if it cannot be written to.
  HostMountPoint place_on_host(std::size_t index) const {
    const auto& [target, source] = std::tie(kept_[index].target, kept_[index].source);
    for (std::size_t i = index; i-- > 0;) {  // the innermost of what is shown there before
      const Kept& cover = kept_[i];
      if (!is_below(target, cover.target)) continue;
      const bool itself = target.size() == cover.target.size();
      if (itself || !cover.is_writable_for_real()) return {};
      const std::size_t common = cover.target == "/" ? 0 : cover.target.size();
      return {cover.source, cover.source + target.substr(common), source};
    }
    const bool own = is_below(target, request_.scratch) || is_below(target, "/proc");
    if (own || !request_.host_view) return {};
    return {"/", target, source};
  }

  void add(MountStep step) { plan_.push_back(std::move(step)); }

  void keep(std::string source, Kept kept) {
    kept.slot = next_slot_++;
    kept.source = source;
    add({.kind = MountKind::kTake, .target = source, .source = source, .slot = kept.slot});
    kept_.push_back(std::move(kept));
  }

  bool has_own_home() const {
    const auto& home = request_.home;
    return !home.empty() && home != "/" && home != request_.bundle_directory &&
           std::none_of(kPrivateDirectories.begin(), kPrivateDirectories.end(),
                        [&](const auto& known) { return is_below(known.target, home); });
  }

  void take_all() {
    if (!request_.host_view) {
      for (const auto node : kDeviceNodes) {
        const std::string path = "/dev/" + std::string(node);
        add({.kind = MountKind::kTake, .target = path, .source = path, .slot = next_slot_++});
      }
      if (has_own_home()) {
        const bool read_only = request_.home_writes == LayoutRequest::Home::kReadOnly;
        keep(request_.home, {.target = request_.home,
                             .read_only = read_only,
                             .layer = read_only ? "" : "home",
                             .rank = 0});
      }
      const bool throw_away = request_.bundle == LayoutRequest::Bundle::kThrowAway;
      keep(request_.bundle_directory,
           {.target = request_.bundle_directory, .layer = throw_away ? "bundle" : "", .rank = 1});
      keep_named_directories();
    }
    for (const auto& volume : request_.volumes) {
      keep(volume.source, {.target = volume.target, .read_only = volume.read_only, .rank = 2});
    }
    int number = 0;
    for (const auto& prepared : request_.prepared) {
      const std::string layer = prepared.writable ? "" : "data" + std::to_string(number++);
      keep(prepared.source, {.target = prepared.target, .layer = layer, .rank = 3});
    }
    for (const auto& root : request_.roots) {
      roots_.emplace_back(request_, root);
      roots_.back().take(plan_, next_slot_);
    }
  }

  void keep_named_directories() {
    std::string_view last;  // they are sorted: what is below the one before is shown with it
    for (const auto& path : request_.named_directories) {
      const bool hidden = is_private(path) && !is_private_itself(path);
      if (!hidden || is_below(path, request_.bundle_directory) || path == request_.home) continue;
      if (!last.empty() && is_below(path, last)) continue;
      keep(path, {.target = path, .read_only = true, .rank = 0});
      last = path;
    }
  }

  void private_directories() {
    for (const auto& directory : kPrivateDirectories) {
      const std::string name(directory.name), target(directory.target);
      add({.kind = MountKind::kDirectory, .target = name, .mode = directory.mode});
      // A minimal system may lack /var/tmp, and nothing can be made in a read-only tree.
      const std::uint32_t flags = target == "/var/tmp" ? kMountOptional : 0U;
      add({.kind = MountKind::kBind, .target = target, .source = name, .flags = flags});
    }
    devices();
    add({.kind = MountKind::kDirectory, .target = "/run/lock", .mode = 01777});
  }

  void devices() {
    std::uint32_t slot = 0;
    for (const auto node : kDeviceNodes) {
      add({.kind = MountKind::kPut, .target = "/dev/" + std::string(node), .slot = slot++});
    }
    add({.kind = MountKind::kDirectory, .target = "/dev/shm", .mode = 01777});
    add({.kind = MountKind::kDirectory, .target = "/dev/pts", .mode = 0755});
    add({.kind = MountKind::kDevpts, .target = "/dev/pts", .flags = kMountOptional});
    const std::array<std::array<const char*, 2>, 5> links{{{"/dev/ptmx", "pts/ptmx"},
                                                           {"/dev/fd", "/proc/self/fd"},
                                                           {"/dev/stdin", "/proc/self/fd/0"},
                                                           {"/dev/stdout", "/proc/self/fd/1"},
                                                           {"/dev/stderr", "/proc/self/fd/2"}}};
    for (const auto& [path, points_to] : links) {
      add({.kind = MountKind::kSymlink, .target = path, .text = points_to});
    }
  }

  /// They belong to the caller where he may make some: a service could lift its own limits.
  void control_groups() {
    add({.kind = MountKind::kFreeze, .target = "/sys/fs/cgroup", .flags = kMountOptional});
  }

  /// A service has its caller's uid: what it could write to in the machine's /proc would be
  /// settings of processes outside of the bundle.
  void proc() {
    const auto kind = request_.shared_proc ? MountKind::kFreeze : MountKind::kProc;
    add({.kind = kind, .target = "/proc"});
  }

  void data_directories() {
    for (const auto& directory : request_.data_directories) {
      add({.kind = MountKind::kDirectory, .target = directory, .mode = 0700});
    }
  }

  /// What is attached, in the order in which it is.
  void order() {
    int number = 0;
    for (const auto& path : request_.tmpfs) {
      kept_.push_back({.target = path, .empty = "tmpfs" + std::to_string(number++), .rank = 2});
    }
    // Outer directories first, or they would cover the inner ones. A path sorts before what is
    // below it.
    std::stable_sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) {
      return a.target == b.target ? a.rank < b.rank : a.target < b.target;
    });
  }

  void attach_all() {
    order();
    for (const auto& kept : kept_) attach(kept);
  }

  void attach(const Kept& kept) {
    if (!kept.empty.empty()) {
      add({.kind = MountKind::kDirectory, .target = kept.empty, .mode = 01777});
      add({.kind = MountKind::kBind,
           .target = kept.target,
           .source = kept.empty,
           .flags = kMountMakePoint});
      return;
    }
    if (kept.layer.empty()) {
      add({.kind = MountKind::kPut,
           .target = kept.target,
           .slot = kept.slot,
           .flags = kept.read_only ? kMountReadOnly : 0U});
      return;
    }
    const std::string lower = kept.layer + ".lower";
    add({.kind = MountKind::kPut, .target = lower, .slot = kept.slot});
    add({.kind = MountKind::kOverlay, .target = kept.target, .source = lower, .text = kept.layer});
  }

  void etc() {
    add({.kind = MountKind::kDirectory, .target = ".etc", .mode = 0755});
    const std::array<std::pair<const char*, const std::string*>, 3> files{
        {{"hosts", &request_.hosts}, {"passwd", &request_.passwd}, {"group", &request_.group}}};
    for (const auto& [name, content] : files) {
      if (content->empty()) continue;
      const std::string file = std::string(".etc/") + name;
      add({.kind = MountKind::kFile, .target = file, .text = *content});
      add({.kind = MountKind::kBind,
           .target = std::string("/etc/") + name,
           .source = file,
           .flags = kMountReadOnly | kMountOptional});
    }
    if (!request_.resolver.empty()) resolver();
  }

  /// It is often a link into /run, where the bundle has nothing yet.
  void resolver() {
    const auto& path = request_.resolver_path;
    if (!request_.host_view && is_private(path)) {
      add({.kind = MountKind::kDirectory, .target = path.substr(0, path.rfind('/')), .mode = 0755});
      add({.kind = MountKind::kFile, .target = path});
    }
    add({.kind = MountKind::kFile, .target = ".etc/resolv.conf", .text = request_.resolver});
    add({.kind = MountKind::kBind,
         .target = path,
         .source = ".etc/resolv.conf",
         .flags = kMountReadOnly | kMountOptional});
  }

  /// Of the bundle's own namespaces, whichever /proc they are written through.
  void settings(std::uint32_t flags) {
    if (request_.private_network) {
      add({.kind = MountKind::kSysctl,
           .target = "/proc/sys/net/ipv4/ip_unprivileged_port_start",
           .text = "0",
           .flags = kMountOptional | flags});
    }
    if (!request_.own_users || request_.nested_users) return;
    add({.kind = MountKind::kSysctl,
         .target = "/proc/sys/user/max_user_namespaces",
         .text = "0",
         .flags = flags});
  }

  /// The kernel gives no fresh /proc to a namespace whose own is covered in part, so where programs
  /// make namespaces nothing is. But what root owns must not be written to. mount_namespaces(7)
  void cover_proc() {
    if (request_.nested_users && !request_.callers_are_root) return;
    for (const auto path : kMaskedProc) {
      add({.kind = MountKind::kMask, .target = std::string(path), .flags = kMountOptional});
    }
    if (request_.shared_proc) return;  // all of it is frozen
    for (const auto path : kFrozenProc) {
      add({.kind = MountKind::kFreeze, .target = std::string(path), .flags = kMountOptional});
    }
  }

  const LayoutRequest& request_;
  MountPlan plan_;
  std::vector<Kept> kept_;
  std::vector<RootLayout> roots_;
  std::uint32_t next_slot_ = 0;
};

}  // namespace

MountPlan plan_layout(const LayoutRequest& request) {
  return Planner(request).plan();
}

std::vector<HostMountPoint> host_mount_points(const LayoutRequest& request) {
  return Planner(request).host_mount_points();
}

}  // namespace hitch
