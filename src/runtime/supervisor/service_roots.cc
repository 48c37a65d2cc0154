#include "runtime/supervisor/service_roots.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "runtime/base/fd.h"
#include "runtime/namespaces/hosts.h"
#include "runtime/oci/image.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestNames = 4U << 20;

/// `ready: {file: …}` is relative to a directory that the image names.
void move_files(ReadyCondition& condition, const fs::path& directory) {
  if (auto* const file = std::get_if<FileReady>(&condition.test)) {
    file->path = (directory / file->path).lexically_normal().native();
  } else if (auto* const group = std::get_if<ReadyGroup>(&condition.test)) {
    for (auto& member : group->members) move_files(member, directory);
  }
}

/// What the file says replaces Cmd, and what it says as `entrypoint` Entrypoint and Cmd, as with
/// docker compose.
Status settle_command(const Image& image, ServiceSpec& service) {
  const RootSpec& root = *service.root;
  if (root.command_is_whole) return Done{};
  Command command = root.entrypoint_is_given ? root.entrypoint : image.entrypoint;
  const Command& rest =
      service.command.empty() && !root.entrypoint_is_given ? image.command : service.command;
  command.insert(command.end(), rest.begin(), rest.end());
  if (command.empty() || command.front().empty()) {
    return Error::because("the image names no command: give the service a 'command'", Kind::kUsage);
  }
  service.command = std::move(command);
  return Done{};
}

Status use_image(const Image& image, ServiceSpec& service) {
  HITCH_CHECK(settle_command(image, service));
  RootSpec& root = *service.root;
  root.image_id = image.id;
  root.environment = image.environment;
  root.user = image.user;
  for (const auto& layer : image.layers) root.layers.push_back({layer.digest, layer.diff_id});
  if (!root.working_dir_is_given) {
    service.working_dir = fs::path(image.working_directory).lexically_normal();
  }
  if (!root.stop_signal_is_given && image.stop_signal) service.stop_signal = *image.stop_signal;
  if (service.ready) move_files(service.ready->condition, service.working_dir);
  return Done{};
}

/// A file of the highest layer that has it, without leaving that; empty if there is none.
std::string read_in(const std::vector<fs::path>& layers, const char* path) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    const UniqueFd root(::open(layer->c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    open_how how{};
    how.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const UniqueFd file(
        static_cast<int>(::syscall(SYS_openat2, root.get(), path, &how, sizeof how)));
    struct stat info {};
    if (!file.is_open() || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    std::string text;
    std::array<char, 16384> buffer{};
    ssize_t n = 0;
    while (text.size() < kLargestNames &&
           (n = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
      text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return text;
  }
  return {};
}

/// The name by which the image calls its user; a number is none.
std::string name_of_user(const std::string& user) {
  const std::string name = user.substr(0, user.find(':'));
  const bool number =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  return number || name.find('\n') != std::string::npos ? "" : name;
}

LayoutRequest::Root plan_root(const BundleSpec& bundle, const ServiceSpec& service,
                              const RootContent& content, const IdMap& ids) {
  LayoutRequest::Root root;
  root.number = service.root->number;
  for (const auto& layer : content.layers) root.layers.push_back(layer.native());
  for (const auto& volume : service.volumes) {
    root.volumes.push_back({volume.source.native(), volume.target.native(), volume.read_only});
  }
  for (const auto& path : service.tmpfs) root.tmpfs.push_back(path.native());
  root.data_directory = bundle.data_dir(service.name);
  root.working_directory = service.working_dir.native();
  std::string name = name_of_user(service.root->user);
  if (ids.inside_uid == 0) name = "root";
  if (name.empty() || (name == "root" && ids.inside_uid != 0)) name = "hitch";
  root.passwd = passwd_file(read_in(content.layers, "/etc/passwd"), name, ids, "/");
  root.group = group_file(read_in(content.layers, "/etc/group"), name, ids);
  return root;
}

}  // namespace

Status resolve_roots(BundleSpec& bundle) {
  std::uint32_t number = 0;
  std::map<std::pair<fs::path, std::string>, Image> images;
  for (auto& service : bundle.services) {
    if (!service.root) continue;
    service.root->number = ++number;
    if (!service.root->directory.empty()) continue;
    const auto key = std::pair(service.root->image_layout, service.root->image_tag);
    const std::string phrase = "service '" + service.name + "'";
    if (!images.contains(key)) {
      auto image = read_image(key.first, key.second);
      if (!image) return std::move(image).error().within(phrase);
      images.emplace(key, *std::move(image));
    }
    auto used = use_image(images.at(key), service);
    if (!used) return std::move(used).error().within(phrase);
  }
  return Done{};
}

void use_roots(const RootContents& contents, const BundleSpec& bundle,
               BundleSpace::Request& request) {
  for (const auto& service : bundle.services) {
    if (!service.root) continue;
    const auto found = contents.find(service.root->number);
    if (found == contents.end()) continue;
    request.layout.roots.push_back(plan_root(bundle, service, found->second, request.ids));
  }
}

}  // namespace hitch
