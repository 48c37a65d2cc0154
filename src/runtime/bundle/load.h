#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/bundle/check_service.h"
#include "runtime/bundle/diagnostics.h"
#include "runtime/bundle/model.h"

namespace hitch {

/// What to load, and what loading may know about its surroundings.
struct LoadRequest {
  /// Bundle files, later ones merged over earlier ones; "-" is standard input, and what
  /// is_stream() says counts as such too. Empty: hitch.yaml, hitch.yml or hitch.json, from `cwd`
  /// upward.
  std::vector<std::string> files{};
  std::filesystem::path cwd{};  ///< absolute
  Environment environment{};    ///< the caller's, for `${…}`, PATH and names without a value
  std::vector<std::filesystem::path> recipe_dirs{};  ///< the first that has a recipe wins
  std::optional<std::string> project_name{};         ///< overrides `name`
  std::string host_data_root{};  ///< of a bundle with the caller's own view of the files
  /// Where a bundle keeps all that is its own, on a machine that gives it no mounts; else empty.
  std::string scratch{};
  std::vector<std::string> profiles{};  ///< that are active; "*" means all
  std::vector<std::string> services{};  ///< to run, with what they depend on; empty: all active
  int stdin_fd = 0;                     ///< borrowed
};

/// A bundle, or everything that is wrong with its files.
struct LoadOutcome {
  std::optional<BundleSpec> spec{};
  /// The bundle's name, also if its files have errors; empty if they are missing or unreadable.
  std::string name{};
  Diagnostics diagnostics{};  ///< empty if and only if there is a spec

  bool ok() const noexcept { return spec.has_value(); }
};

/// Reads, merges, interpolates and checks bundle files. Never throws; every error is a usage error.
LoadOutcome load_bundle(const LoadRequest& request);

/// "NAME=value" strings, as environ(7) has them; the first of a name counts.
Environment environment_from(const char* const* environ);

}  // namespace hitch
