#pragma once

#include <string>

namespace hitch::testing {

/// Makes a text comparable: times, pids, run ids and the paths of this test become words. Carriage
/// returns go: a terminal adds them.
/// @param root  what becomes `<root>`: the directory of the test
std::string normalised(std::string text, const std::string& root);

}  // namespace hitch::testing
