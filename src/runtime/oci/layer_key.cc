#include "runtime/oci/layer_key.h"

#include "runtime/oci/sha256.h"

namespace hitch {

std::string key_of_layer(const std::string& diff_id) {
  return diff_id.substr(diff_id.find(':') + 1);
}

std::string key_of_layers(const std::vector<std::string>& diff_ids) {
  Sha256 sum;
  sum.add("layers in one directory\n");  // so that it is the key of no layer
  for (const auto& diff_id : diff_ids) sum.add(diff_id + '\n');
  return key_of_layer(sum.name());
}

}  // namespace hitch
