#pragma once

#include <cstdint>

#include "runtime/namespaces/mounts.h"

namespace hitch {

/// So many services of a bundle can bring a root of their own.
inline constexpr std::uint32_t kMostRoots = 512;
/// So many directories can be under the throw-away layer of one: their names, a letter or digit
/// each, have to fit into one option of 255 bytes. fsconfig(2)
inline constexpr std::size_t kMostRootLayers = 62;
/// Where they are, in the directory of the root: name number `i`.
constexpr char root_layer_name(std::size_t i) {
  return "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[i];
}

/// Carries out a step whose kind begins with kRoot. What is in such a root was made by somebody
/// else: each target is looked up with openat2(2) so that no symbolic link leads out of it, and
/// used by its descriptor alone. Nothing is made in what is mounted from the machine. Allocates
/// nothing.
/// @return 0 or errno
int apply_root_step(const MountStepView& step) noexcept;

/// The directory that is the root of that number; -1: there is none.
int root_directory(std::uint32_t number) noexcept;
/// Whether there is any.
bool has_roots() noexcept;

}  // namespace hitch
