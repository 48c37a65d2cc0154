#pragma once

#include <string>

#include "runtime/control/json.h"

namespace hitch {

/// A value as compact JSON, members in the order of the object. Numbers as people write them: 60.0
/// and not 6E1. What JSON has no number for becomes null. RFC 8259
std::string json_text(const json::value& value);

}  // namespace hitch
