#pragma once

#include <string>
#include <vector>

namespace hitch {

/// What a layer is called in the cache: the digits of its diff-id. The same one in several images
/// is there once.
std::string key_of_layer(const std::string& diff_id);

/// What these layers are called when they have been unpacked into one directory, one over the
/// other.
std::string key_of_layers(const std::vector<std::string>& diff_ids);

}  // namespace hitch
