#include "runtime/supervisor/view_plan.h"

#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "runtime/namespaces/hosts.h"
#include "runtime/namespaces/layout.h"
#include "runtime/network/name_servers.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

std::string read_text(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();  // a read error ends it, where an istreambuf_iterator would throw
  return std::move(text).str();
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

/// sethostname(2) takes 64 bytes.
std::string hostname_of(const BundleSpec& bundle) {
  return bundle.name.substr(0, std::min<std::size_t>(bundle.name.size(), HOST_NAME_MAX));
}

bool runs_as_root(const BundleSpec& bundle) {
  return std::any_of(bundle.services.begin(), bundle.services.end(),
                     [](const ServiceSpec& service) { return service.user == "root"; });
}

IdMap ids_of(const BundleSpec& bundle, const Caller& caller,
             const std::optional<PlainUser>& plain_user) {
  IdMap ids{.outside_uid = caller.uid, .outside_gid = caller.gid};
  if (plain_user && !runs_as_root(bundle)) {
    const auto [uid, gid] = *plain_user;
    return {.inside_uid = uid, .inside_gid = gid, .outside_uid = uid, .outside_gid = gid};
  }
  if (runs_as_root(bundle)) ids.inside_uid = ids.inside_gid = 0;
  return ids;
}

/// The directory of a program that is named by its path: under /tmp it would be hidden.
void show_program(const Command& command, std::vector<std::string>& directories) {
  if (command.empty() || !command.front().starts_with('/')) return;
  directories.push_back(command.front().substr(0, command.front().rfind('/')));
}

/// Directories that the bundle file or the caller names and that have to be there.
std::vector<std::string> named_directories(const BundleSpec& bundle, const Caller& caller,
                                           const Command& command) {
  std::vector<std::string> result{caller.working_directory};
  show_program(command, result);
  for (auto& candidate : program_candidates("x", caller.environment.search_path())) {
    result.push_back(candidate.substr(0, candidate.rfind('/')));
  }
  for (const auto& service : bundle.services) {
    if (service.root) continue;  // its paths are others
    result.push_back(service.working_dir.native());
    show_program(service.command, result);
    for (const auto* hooks : {&service.setup, &service.poststart, &service.teardown}) {
      for (const auto& hook : *hooks) show_program(hook, result);
    }
  }
  std::erase_if(result, [](const std::string& path) {
    return !path.starts_with('/') || !is_directory(path);
  });
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

void add_identity(LayoutRequest& layout, const BundleSpec& bundle, const Caller& caller,
                  const IdMap& ids) {
  std::vector<std::string> names;
  for (const auto& service : bundle.services) names.push_back(service.name);
  layout.hosts = hosts_file(hostname_of(bundle), names);
  const auto* user = caller.environment.find("USER");
  const bool root_outside = caller.uid == 0;
  std::string name = ids.inside_uid == 0 ? "root" : "hitch";
  if (ids.inside_uid != 0 && !root_outside && user != nullptr && !user->empty() &&
      *user != "root" && user->find_first_of(":\n") == std::string::npos) {
    name = *user;
  }
  const std::string home = layout.home.empty() ? "/" : layout.home;
  layout.passwd = passwd_file(read_text("/etc/passwd"), name, ids, home);
  layout.group = group_file(read_text("/etc/group"), name, ids);
}

/// Lets the bundle ask the name servers of the host.
void add_way_out(BundleSpace::Request& request, const Caller& caller) {
  request.outbound.emplace();
  request.outbound->programs = program_candidates("pasta", caller.environment.search_path());
  constexpr const char* kResolver = "/etc/resolv.conf";
  std::error_code ec;
  const auto path = fs::canonical(kResolver, ec);
  if (ec) return;  // names mean nothing outside either
  auto servers = name_servers_inside(read_text(kResolver), is_address_of_host);
  request.outbound->forwards_names = servers.forwarded;
  request.layout.resolver = std::move(servers.file);
  request.layout.resolver_path = path.native();
}

/// `path` without symbolic links; empty if one leads out of `root`: in the bundle it leads
/// somewhere else than here.
fs::path real_path_below(const fs::path& root, const fs::path& path) {
  std::error_code ec;
  const auto real_root = fs::canonical(root, ec);
  if (ec) return {};
  auto real = fs::weakly_canonical(path, ec);
  if (ec || *real.lexically_relative(real_root).begin() == "..") return {};
  return real;
}

}  // namespace

std::string prepared_target(const BundleSpec& bundle, const ServiceSpec& service) {
  return bundle.data_dir(service.name) + '/' + service.data->path.native();
}

BundleSpace::Request plan_space(const BundleSpec& bundle, const Caller& caller,
                                const Command& command,
                                std::vector<LayoutRequest::Prepared> prepared,
                                std::string init_program, std::optional<PlainUser> plain_user) {
  BundleSpace::Request request;
  request.init_program = std::move(init_program);
  request.hostname = hostname_of(bundle);
  request.private_network = bundle.network != NetworkMode::kHost;
  request.ids = ids_of(bundle, caller, plain_user);
  request.own_users = !plain_user;
  request.patience = bundle.startup_timeout;
  request.uptime = bundle.clock.monotonic_offset;
  request.descriptors = caller.descriptors;
  request.filter = bundle.filter;
  request.capabilities = bundle.capabilities;

  LayoutRequest& layout = request.layout;
  layout.host_view = bundle.filesystem == FilesystemMode::kHost;
  if (layout.host_view) {
    layout.scratch = fs::path(bundle.data_root).parent_path().native();
  }
  layout.private_network = request.private_network;
  layout.own_users = request.own_users;
  layout.nested_users = bundle.filter.allow_userns;
  layout.callers_are_root = caller.uid == 0;
  layout.bundle_directory = bundle.directory.native();
  if (bundle.filesystem == FilesystemMode::kOverlay) {
    layout.bundle = LayoutRequest::Bundle::kThrowAway;
  }
  layout.named_directories = named_directories(bundle, caller, command);
  const auto* home = caller.environment.find("HOME");
  if (home != nullptr && home->starts_with('/') && is_directory(*home)) layout.home = *home;
  for (const auto& service : bundle.services) {
    layout.data_directories.push_back(bundle.data_dir(service.name));
    if (service.root) continue;  // it sees its volumes there, and nobody else does
    for (const auto& path : service.tmpfs) layout.tmpfs.push_back(path.native());
    for (const auto& volume : service.volumes) {
      LayoutRequest::Volume wanted{volume.source.native(), volume.target.native(),
                                   volume.read_only};
      // Replicas share theirs: all services of a bundle see the same files.
      if (std::find(layout.volumes.begin(), layout.volumes.end(), wanted) == layout.volumes.end()) {
        layout.volumes.push_back(std::move(wanted));
      }
    }
  }
  layout.prepared = std::move(prepared);
  add_identity(layout, bundle, caller, request.ids);
  if (bundle.network == NetworkMode::kOutbound) add_way_out(request, caller);
  return request;
}

void use_clock(ClockPlan plan, BundleSpace::Request& request) {
  if (plan.library) {
    auto& shown = request.layout.named_directories;  // sorted
    shown.insert(std::upper_bound(shown.begin(), shown.end(), plan.directory), plan.directory);
  }
  request.clock = std::move(plan);
}

std::vector<MountPoint> mount_points_on_host(const BundleSpec& bundle, const Caller& caller,
                                             const Command& command) {
  std::vector<MountPoint> points;
  const auto has_own = [](const ServiceSpec& service) {
    return !service.root && (!service.volumes.empty() || !service.tmpfs.empty());
  };
  // What else is mounted is where it is on the host, or in the bundle's own tmpfs.
  if (std::none_of(bundle.services.begin(), bundle.services.end(), has_own)) return points;
  std::vector<LayoutRequest::Prepared> prepared;
  for (const auto& service : bundle.services) {
    if (service.data) prepared.push_back({"", prepared_target(bundle, service), true});
  }
  const auto request = plan_space(bundle, caller, command, std::move(prepared), "");
  for (auto& point : host_mount_points(request.layout)) {
    auto path = real_path_below(point.root, point.path);
    if (path.empty()) continue;
    const bool directory = point.source.empty() || is_directory(point.source);
    points.push_back(
        {std::move(path), directory ? MountPoint::Form::kDirectory : MountPoint::Form::kFile});
  }
  return points;
}

}  // namespace hitch
