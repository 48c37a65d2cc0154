#include "runtime/supervisor/process_place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace hitch {

namespace {

Error needs(const std::string& what, const char* missing) {
  return Error::because(what + " needs " + missing + ", and this machine gives none")
      .with_hint("'hitch doctor' says why, and what would change it");
}

Status check_service(const ServiceSpec& service) {
  const std::string of_service = " of service '" + service.name + "'";
  if (service.root) return needs("the root" + of_service, "a mount namespace");
  for (const auto& volume : service.volumes) {
    if (volume.source == volume.target) continue;
    return needs(
        "volume '" + volume.source.native() + ":" + volume.target.native() + "'" + of_service,
        "a mount namespace");
  }
  if (!service.tmpfs.empty()) return needs("'tmpfs'" + of_service, "a mount namespace");
  if (service.user == "root" && ::geteuid() != 0) {
    return needs("'user: root'" + of_service, "a user namespace");
  }
  return Done{};
}

/// By it init finds the processes that it has to end. proc(5)
Status check_proc() {
  std::error_code ec;
  const auto self = std::filesystem::read_symlink("/proc/self", ec);
  if (!ec && self == std::to_string(::getpid())) return Done{};
  return Error::because(
             "/proc is not that of this PID namespace, and without namespaces of its own a bundle "
             "could not be ended")
      .with_hint("mount -t proc proc /proc");
}

/// What cannot be done is an error, not something that a test finds out later.
Status check_bundle(const BundleSpec& bundle) {
  if (bundle.filesystem == FilesystemMode::kOverlay) {
    return needs("'filesystem: overlay'", "a mount namespace");
  }
  if (bundle.clock.monotonic_offset.count() != 0) {
    return needs("'monotonic_offset'", "a time namespace");
  }
  for (const auto& service : bundle.services) HITCH_CHECK(check_service(service));
  return Done{};
}

/// Another run may take the directory around it away, as nothing is in it yet.
Result<LeasedDir> make_leased(const std::filesystem::path& directory) {
  constexpr int kAttempts = 100;
  for (int attempt = 1;; ++attempt) {
    HITCH_CHECK(make_passage(directory.parent_path()));
    auto leased = LeasedDir::create(directory.parent_path(), directory.filename());
    if (leased || leased.error().err() != ENOENT || attempt == kAttempts) return leased;
  }
}

}  // namespace

ProcessPlace::Parent::~Parent() {
  if (!path_.empty()) (void)::rmdir(path_.c_str());
}

Result<ProcessPlace> ProcessPlace::make(const RunRequest& request, PlainUser user) {
  const auto& bundle = request.bundle;
  HITCH_CHECK(check_proc());
  HITCH_CHECK(check_bundle(bundle));
  const std::filesystem::path data(bundle.data_root), directory = data.parent_path();
  HITCH_TRY(auto leased, make_leased(directory));
  HITCH_CHECK(make_passage(directory));
  ProcessPlace place(std::move(leased), request, user);
  HITCH_CHECK(make_passage(data));
  for (const auto& service : bundle.services) {
    HITCH_CHECK(place.make_own(bundle.data_dir(service.name)));
  }
  HITCH_CHECK(place.make_own(bundle.temporary_directory));
  return place;
}

Status ProcessPlace::make_own(const std::string& path) const {
  if (make_private_directory(path) != 0) return Error::from_errno(errno, "create directory", path);
  if (user_.uid == ::geteuid() || ::chown(path.c_str(), user_.uid, user_.gid) == 0) return Done{};
  return Error::from_errno(errno, "give away directory", path);
}

Result<std::string> ProcessPlace::make_data_directory(const ServiceSpec& service) const {
  std::string path = request_->bundle.data_dir(service.name);
  for (const auto& part : service.data->path) {
    if (part == ".") continue;
    path += '/' + part.native();
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) HITCH_CHECK(make_own(path));
  }
  return path;
}

void ProcessPlace::apply(BundleSpace::Request& request) const {
  request.own_users = false;
  request.private_network = false;
  request.hostname.clear();
  request.outbound.reset();
  request.layout = {};
  Confinement confinement;
  confinement.is_wanted = request_->bundle.filesystem != FilesystemMode::kHost;
  confinement.writable = {directory(), request_->bundle.directory.native(), "/tmp", "/var/tmp",
                          "/dev"};
  // What belongs to root there are the settings of the machine.
  if (request.ids.inside_uid != 0) confinement.writable.emplace_back("/proc");
  for (const auto& service : request_->bundle.services) {
    for (const auto& volume : service.volumes) {
      if (!volume.read_only) confinement.writable.push_back(volume.source.native());
    }
  }
  request.without_namespaces = std::move(confinement);
}

}  // namespace hitch
