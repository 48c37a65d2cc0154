#pragma once

#include <string_view>

namespace hitch {

/// Whether a text is one JSON value and nothing else, nested at most 256 deep. Strings may hold
/// bytes that are not UTF-8. Most lines of most programs fail at their first letter. RFC 8259
bool is_json_text(std::string_view text) noexcept;

}  // namespace hitch
