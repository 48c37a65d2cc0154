#include "cli/unsupported.h"

namespace hitch {

namespace {

void add_unsupported(const ServiceSpec& service, std::vector<std::string>& keys) {
  const std::string path = "services." + service.name + '.';
  if (!service.user.empty() && service.user != "root")
    keys.push_back(path + "user: " + service.user);
}

}  // namespace

std::vector<std::string> unsupported_features(const BundleSpec& bundle) {
  std::vector<std::string> keys;
  for (const auto& service : bundle.services) add_unsupported(service, keys);
  return keys;
}

}  // namespace hitch
