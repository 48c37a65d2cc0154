#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hitch {

/// A text that a request can carry, whatever is in it: what is not UTF-8, and NUL, becomes U+FFFD.
std::string fit_to_send(std::string_view text);

/// The same in pieces that fit into a message each, without cutting a character; one at least.
std::vector<std::string> pieces_to_send(std::string_view text);

}  // namespace hitch
