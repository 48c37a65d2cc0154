#pragma once

#include <string_view>

#include "runtime/client/hitch/json.h"
#include "runtime/control/json.h"

namespace hitch {

/// Between the JSON of users and that of the control socket.
client::Json public_json(const json::value& value);
json::value internal_json(const client::Json& value);

/// Reads one line of a log into `into`.
/// @return false if it is not a JSON object or array
bool read_json_line(std::string_view line, client::Json& into);

}  // namespace hitch
