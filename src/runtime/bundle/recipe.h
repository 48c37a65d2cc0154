#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/bundle/diagnostics.h"

namespace hitch {

/// Where recipes are, and what they may ask for beside their parameters.
struct RecipeContext {
  std::vector<std::filesystem::path> directories;  ///< the first that has NAME.yaml wins
  std::filesystem::path cwd;                       ///< paths in messages are relative to it
  std::vector<std::pair<std::string, std::string>> variables;  ///< HITCH_DATA and its like
};

/// Reads the recipe that a service names, with the parameters it gives.
/// @param service  normalised and interpolated; has the key `recipe`
/// @return the recipe's service, normalised and interpolated, or nothing after an error
std::optional<Node> load_recipe(const Field& service, const RecipeContext& context);

}  // namespace hitch
