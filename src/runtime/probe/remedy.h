#pragma once

#include <string>

namespace hitch {

/// What there is to do where a namespace, or what is mounted in one, is refused.
/// @return empty if nothing is known
std::string remedy_for_namespaces(int err);
/// The same for a fresh /proc.
std::string remedy_for_proc(int err);

}  // namespace hitch
