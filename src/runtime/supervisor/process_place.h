#pragma once

#include <string>

#include "runtime/data/leased_dir.h"
#include "runtime/supervisor/bundle_space.h"
#include "runtime/supervisor/run_request.h"

namespace hitch {

/// Where bundles without namespaces keep what others have in a tmpfs of their own: data directories
/// and TMPDIR, on the machine's disk for as long as the run lasts. docs/isolation.md, "process"
class ProcessPlace {
 public:
  /// @param user  who the bundle is
  /// @return an Error also if the bundle needs what only namespaces give
  static Result<ProcessPlace> make(const RunRequest& request, PlainUser user);

  /// Through which its users pass.
  std::string directory() const { return directory_.path().native(); }
  /// Changes a plan of namespaces into one without.
  void apply(BundleSpace::Request& request) const;
  /// Makes the directory for the prepared data of a service. It is not cached: commands that make
  /// it name the directory, and here that is another one in each run.
  Result<std::string> make_data_directory(const ServiceSpec& service) const;

 private:
  ProcessPlace(LeasedDir directory, const RunRequest& request, PlainUser user)
      : directory_(std::move(directory)), request_(&request), user_(user) {}
  Status make_own(const std::string& path) const;

  LeasedDir directory_;
  const RunRequest* request_;
  PlainUser user_;
};

}  // namespace hitch
