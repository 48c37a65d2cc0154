#include "cli/service_processes.h"

#include "cli/json_fields.h"
#include "runtime/base/text.h"
#include "runtime/ready/members.h"

namespace hitch {

BundleRow bundle_row(const json::value& info) {
  BundleRow bundle;
  const auto& object = info.as_object();
  bundle.name = text_in(object, "name");
  bundle.state = text_in(object, "state");
  bundle.init_pid = static_cast<pid_t>(number_in(object, "init_pid"));
  for (const auto& item : object.at("services").as_array()) {
    const auto& row = item.as_object();
    bundle.services.push_back({.name = text_in(row, "name"),
                               .state = text_in(row, "state"),
                               .pid = static_cast<pid_t>(number_in(row, "pid")),
                               .uptime = real_in(row, "uptime")});
  }
  return bundle;
}

Result<ServiceRow> find_service(const BundleRow& bundle, const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& service : bundle.services) {
    if (service.name == name) return service;
    names.push_back(service.name);
  }
  auto error = Error::because("the bundle has no service " + in_quotes(name), Kind::kUsage);
  const auto nearest = nearest_spelling(name, names);
  if (nearest) return std::move(error).with_hint("did you mean '" + *nearest + "'?");
  return error;
}

std::vector<const introspect::SnapshotProcess*> processes_of(const introspect::Snapshot& snapshot,
                                                             const BundleRow& bundle,
                                                             const ServiceRow& service) {
  std::vector<const introspect::SnapshotProcess*> found;
  for (const pid_t pid : processes_of_service(snapshot.tree(), bundle.init_pid, service.pid)) {
    if (const auto* process = snapshot.find(pid)) found.push_back(process);
  }
  return found;
}

}  // namespace hitch
