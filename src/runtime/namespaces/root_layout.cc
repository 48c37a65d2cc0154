#include "runtime/namespaces/root_layout.h"

#include <algorithm>
#include <utility>

#include "runtime/namespaces/root_mounts.h"

namespace hitch {

namespace {

constexpr const char* kPlace = ".roots";  // in the scratch tmpfs

MountStep taken(const std::string& source, std::uint32_t slot) {
  return {.kind = MountKind::kTake, .target = source, .source = source, .slot = slot};
}

}  // namespace

std::string RootLayout::place(const std::string& name) const {
  return std::string(kPlace) + '/' + std::to_string(root_->number) + (name.empty() ? "" : "/") +
         name;
}

void RootLayout::add(MountPlan& plan, MountStep step) const {
  step.root = root_->number;
  plan.push_back(std::move(step));
}

void RootLayout::take(MountPlan& plan, std::uint32_t& next_slot) {
  for (const auto& layer : root_->layers) {
    layers_.push_back(next_slot++);
    plan.push_back(taken(layer, layers_.back()));
  }
  for (const auto& volume : root_->volumes) {
    volumes_.push_back({volume.target, next_slot++, volume.read_only, false});
    plan.push_back(taken(volume.source, volumes_.back().slot));
  }
  for (const auto& path : root_->tmpfs) volumes_.push_back({path, 0, false, true});
  // Outer ones first, or they would cover the inner ones.
  std::stable_sort(volumes_.begin(), volumes_.end(),
                   [](const Kept& a, const Kept& b) { return a.target < b.target; });
}

/// An overlay wants the highest one first.
void RootLayout::layers(MountPlan& plan) const {
  if (root_->writable) {
    const std::string path = place("root");
    plan.push_back({.kind = MountKind::kDirectory, .target = path});
    add(plan, {.kind = MountKind::kRootTree,
               .target = root_->layers.back(),
               .source = path,
               .slot = layers_.back()});
    return;
  }
  std::string names;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::string name(1, root_layer_name(i));
    names += (names.empty() ? "" : ":") + name;
    plan.push_back({.kind = MountKind::kPut,
                    .target = place(name),
                    .slot = layers_[layers_.size() - 1 - i],
                    .flags = kMountReadOnly});
  }
  add(plan, {.kind = MountKind::kRootOverlay,
             .target = root_->layers.back(),
             .source = place(""),
             .text = names});
}

void RootLayout::show(MountPlan& plan, const char* source, std::uint32_t flags) const {
  add(plan, {.kind = MountKind::kRootShow, .target = source, .source = source, .flags = flags});
}

/// A directory of the bundle's tmpfs.
void RootLayout::fresh(MountPlan& plan, MountKind kind, const std::string& target,
                       std::uint32_t mode) const {
  std::string name = target.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  const std::string source = place("fresh." + name);
  plan.push_back({.kind = MountKind::kDirectory, .target = source, .mode = mode});
  add(plan, {.kind = kind, .target = target, .source = source});
}

void RootLayout::file(MountPlan& plan, const std::string& name, const std::string& content) const {
  if (content.empty()) return;
  const std::string source = place("etc." + name);
  plan.push_back({.kind = MountKind::kFile, .target = source, .text = content});
  add(plan, {.kind = MountKind::kRootShow,
             .target = "/etc/" + name,
             .source = source,
             .flags = kMountReadOnly});
}

/// As the bundle has them, with what is covered there.
void RootLayout::kernels_own(MountPlan& plan) const {
  show(plan, "/proc");
  show(plan, "/sys", kMountReadOnly);
  show(plan, "/dev");
}

void RootLayout::attach(MountPlan& plan) const {
  plan.push_back({.kind = MountKind::kDirectory, .target = kPlace, .mode = 0700});
  plan.push_back({.kind = MountKind::kDirectory, .target = place(""), .mode = 0755});
  layers(plan);
  kernels_own(plan);
  fresh(plan, MountKind::kRootShow, "/tmp", 01777);
  fresh(plan, MountKind::kRootShow, "/var/tmp", 01777);
  fresh(plan, MountKind::kRootFresh, "/run", 0755);
  file(plan, "hosts", request_->hosts);
  file(plan, "passwd", root_->passwd);
  file(plan, "group", root_->group);
  file(plan, "resolv.conf", request_->resolver);
  show(plan, root_->data_directory.c_str());
  for (const auto& volume : volumes_) {
    if (volume.is_tmpfs) {
      fresh(plan, MountKind::kRootShow, volume.target, 01777);
      continue;
    }
    add(plan, {.kind = MountKind::kRootPut,
               .target = volume.target,
               .slot = volume.slot,
               .flags = volume.read_only ? kMountReadOnly : 0U});
  }
  if (root_->working_directory.empty()) return;
  add(plan, {.kind = MountKind::kRootDirectory, .target = root_->working_directory, .mode = 0755});
}

void cover_roots(MountPlan& plan) {
  plan.push_back({.kind = MountKind::kDirectory, .target = ".no-roots", .mode = 0500});
  plan.push_back(
      {.kind = MountKind::kBind, .target = kPlace, .source = ".no-roots", .flags = kMountReadOnly});
}

}  // namespace hitch
