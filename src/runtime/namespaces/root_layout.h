#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/namespaces/layout.h"
#include "runtime/namespaces/mounts.h"

namespace hitch {

/// What a service sees that brings a root of its own; how that is planned. docs/images.md
class RootLayout {
 public:
  /// Borrows both.
  RootLayout(const LayoutRequest& request, const LayoutRequest::Root& root)
      : request_(&request), root_(&root) {}

  /// Keeps what is shown later, before anything of the bundle is mounted over it.
  void take(MountPlan& plan, std::uint32_t& next_slot);
  /// Builds the root, once the bundle's own view is there.
  void attach(MountPlan& plan) const;

 private:
  struct Kept {
    std::string target;
    std::uint32_t slot;
    bool read_only;
    bool is_tmpfs;
  };

  std::string place(const std::string& name) const;
  void add(MountPlan& plan, MountStep step) const;
  void layers(MountPlan& plan) const;
  void kernels_own(MountPlan& plan) const;
  void show(MountPlan& plan, const char* source, std::uint32_t flags = 0) const;
  void fresh(MountPlan& plan, MountKind kind, const std::string& target, std::uint32_t mode) const;
  void file(MountPlan& plan, const std::string& name, const std::string& content) const;

  const LayoutRequest* request_;
  const LayoutRequest::Root* root_;
  std::vector<std::uint32_t> layers_{};
  std::vector<Kept> volumes_{};  ///< and tmpfs
};

/// With the machine's view, where the roots are has a path: an empty directory is mounted over it.
void cover_roots(MountPlan& plan);

}  // namespace hitch
