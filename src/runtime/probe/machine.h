#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/isolation/level.h"

namespace hitch {

/// Something that bundles are made of, and whether this machine lets this user have it.
struct Finding {
  std::string feature;            ///< "user-namespace"
  std::string used_for;           ///< what cannot be had without it
  bool is_of_namespaces = false;  ///< without it bundles have none
  bool is_needed = false;         ///< by every bundle
  bool works = false;
  std::string why;     ///< not, in words
  std::string remedy;  ///< the one thing that would change that; empty if none is known
};

/// At which level a bundle would run here.
struct LevelFinding {
  std::optional<IsolationLevel> level;  ///< nothing: not at all
  std::string why;                      ///< not at the full one; empty if it would
  std::string remedy;                   ///< the first thing that would change that; may be empty
};
LevelFinding level_of(const std::vector<Finding>& findings);

/// Tries everything, each in a process of its own: some milliseconds in all.
/// @param search_path  where pasta is looked for: PATH
std::vector<Finding> probe_machine(std::string_view search_path);

}  // namespace hitch
