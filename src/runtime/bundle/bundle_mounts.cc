#include "runtime/bundle/bundle_mounts.h"

#include <string_view>
#include <utility>

namespace hitch {

namespace {

/// Puts down where the file has item `index` of the `count` that a list of a service came to.
void place(const CheckedService& service, std::string_view key, std::size_t index,
           std::size_t count, BundleMount& mount) {
  const KeyPath root{nullptr, "services"}, below{&root, service.tree.written_name};
  const KeyPath path{&below, key}, item{&path, {}, index};
  const Node& list = service.tree.tree.find(key)->value;
  const bool whole = list.items.size() == count;  // else some item was refused
  mount.service = service.spec.name;
  if (service.spec.root) mount.root = service.spec.name;
  mount.mark = whole ? list.items[index].mark : list.mark;
  mount.path = whole ? item.text() : path.text();
}

void add_volumes(const CheckedService& service, std::vector<BundleMount>& mounts) {
  const auto& volumes = service.spec.volumes;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    BundleMount mount{.kind = BundleMount::Kind::kVolume,
                      .source = volumes[i].source,
                      .target = volumes[i].target,
                      .read_only = volumes[i].read_only};
    place(service, "volumes", i, volumes.size(), mount);
    mounts.push_back(std::move(mount));
  }
}

void add_tmpfs(const CheckedService& service, std::vector<BundleMount>& mounts) {
  const auto& paths = service.spec.tmpfs;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    BundleMount mount{.kind = BundleMount::Kind::kTmpfs, .target = paths[i]};
    place(service, "tmpfs", i, paths.size(), mount);
    mounts.push_back(std::move(mount));
  }
}

void add_data(const CheckedService& service, const BundleSpec& bundle,
              std::vector<BundleMount>& mounts) {
  if (!service.spec.data) return;
  const KeyPath root{nullptr, "services"}, below{&root, service.tree.written_name};
  const KeyPath path{&below, "data"};
  const std::filesystem::path directory = bundle.data_dir(service.spec.name);
  mounts.push_back({.kind = BundleMount::Kind::kData,
                    .service = service.spec.name,
                    .target = (directory / service.spec.data->path).lexically_normal(),
                    .mark = service.tree.tree.find("data")->mark,
                    .path = path.text()});
}

}  // namespace

std::vector<BundleMount> mounts_of(const std::vector<CheckedService>& services,
                                   const BundleSpec& bundle) {
  std::vector<BundleMount> mounts;
  for (const auto& service : services) {
    add_volumes(service, mounts);
    add_data(service, bundle, mounts);
    add_tmpfs(service, mounts);
  }
  return mounts;
}

}  // namespace hitch
