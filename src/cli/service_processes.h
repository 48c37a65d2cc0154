#pragma once

#include <string>
#include <vector>

#include "introspect/snapshot.h"
#include "runtime/client/connection.h"

namespace hitch {

/// A service of a bundle that runs, as `bundle.info` has it.
struct ServiceRow {
  std::string name, state;
  pid_t pid = 0;      ///< as we see it; 0: it does not run
  double uptime = 0;  ///< seconds
};

/// A bundle as `bundle.info` has it. docs/control.md
struct BundleRow {
  std::string name, state;
  pid_t init_pid = 0;
  std::vector<ServiceRow> services;
};
BundleRow bundle_row(const json::value& info);

/// @return an Error of kind kUsage with the nearest spelling as hint
Result<ServiceRow> find_service(const BundleRow& bundle, const std::string& name);

/// The processes of a service, by pid; its main process is among them unless it has ended.
std::vector<const introspect::SnapshotProcess*> processes_of(const introspect::Snapshot& snapshot,
                                                             const BundleRow& bundle,
                                                             const ServiceRow& service);

}  // namespace hitch
