#pragma once

#include <string>
#include <string_view>

#include "runtime/bundle/model.h"
#include "runtime/bundle/node.h"

namespace hitch {

/// The `ready` key of a rendered service.
Node ready_node(const ReadySpec& ready);

/// Parts of rendered trees: text with its dollars escaped, a word or number, and so on.
Node text_node(std::string_view text);
Node word_node(std::string text);
Node duration_node(Milliseconds span);
Node command_node(const Command& command);
Node list_node();
Node map_node();
void put(Node& map, std::string_view key, Node value);

}  // namespace hitch
