#pragma once

#include <string>
#include <string_view>

namespace hitch {

/// The id of a run is the name of its bundle, a dash and eight random digits. What is not called
/// so, in the directories that hitch keeps, is not hitch's.
std::string make_run_id(const std::string& bundle);
bool is_run_id(std::string_view text) noexcept;
/// The name of the bundle in an id.
std::string_view bundle_of_run(std::string_view id) noexcept;

}  // namespace hitch
