#include "cli/unsupported.h"

namespace hitch {

namespace {

void add_unsupported(const ServiceSpec& service, std::vector<std::string>& keys) {
  const std::string path = "services." + service.name + '.';
  if (!service.user.empty() && service.user != "root")
    keys.push_back(path + "user: " + service.user);
  if (service.limits.memory_bytes) keys.push_back(path + "limits.memory");
  if (service.limits.cpus) keys.push_back(path + "limits.cpus");
  if (service.limits.pids) keys.push_back(path + "limits.pids");
}

}  // namespace

std::vector<std::string> unsupported_features(const BundleSpec& bundle) {
  std::vector<std::string> keys;
  for (const auto& service : bundle.services) add_unsupported(service, keys);
  return keys;
}

}  // namespace hitch
