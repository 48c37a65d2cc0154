#pragma once

#include <string>
#include <string_view>

namespace hitch {

/// A value as FieldJson writes it, for people: numbers and texts as they are, tuples as
/// "user=0.5 system=0.1", lists of tuples and tables in lines of their own below the name, no value
/// as "-". Harmless for a terminal.
/// @param value  JSON
std::string field_text(std::string_view value);

}  // namespace hitch
