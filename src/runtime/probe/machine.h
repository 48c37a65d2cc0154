#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hitch {

/// Something that bundles are made of, and whether this machine lets this user have it.
struct Finding {
  std::string feature;     ///< "user-namespace"
  std::string used_for;    ///< what cannot be had without it
  bool is_needed = false;  ///< by every bundle
  bool works = false;
  std::string why;     ///< not, in words
  std::string remedy;  ///< the one thing that would change that; empty if none is known
};

/// Tries everything, each in a process of its own: some milliseconds in all.
/// @param search_path  where pasta is looked for: PATH
std::vector<Finding> probe_machine(std::string_view search_path);

}  // namespace hitch
