#pragma once

#include <string>

#include "runtime/bundle/node.h"

namespace hitch {

/// A tree as YAML in block style, without comments, aliases or tags. What it reads back as is the
/// same tree: text that could be taken for something else stands in double quotes.
std::string emit_yaml(const Node& node);

/// A tree as JSON on one line, without a newline; scalars that are not `quoted` as they are.
std::string emit_json(const Node& node);

}  // namespace hitch
