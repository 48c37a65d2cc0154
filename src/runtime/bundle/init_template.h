#pragma once

#include <string_view>

namespace hitch {

/// The first bundle file that `hitch init` writes: YAML with comments, which loads as it is on a
/// machine with python3.
std::string_view init_template();

}  // namespace hitch
