#pragma once

#include <string>
#include <vector>

#include "runtime/data/prepared.h"
#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/bundle_space.h"
#include "runtime/supervisor/root_preparer.h"
#include "runtime/supervisor/run_request.h"
#include "runtime/supervisor/set_up_fallback.h"

namespace hitch {

/// Makes the data directories of a bundle before it starts: from the cache, or by running their
/// prepare commands, each service's in namespaces of its own, so that the bundle itself always
/// begins with what is there. docs/decisions/004-prepared-data.md
class DataPreparer {
 public:
  /// @param fallback  for what the kernel refuses; shared with the bundle's own space
  /// @param roots     of the services, which are prepared first
  DataPreparer(BundleScope* scope, const RunRequest* request, SetUpFallback* fallback,
               RootPreparer* roots)
      : scope_(scope), request_(request), fallback_(fallback), roots_(roots) {}

  Task<std::vector<LayoutRequest::Prepared>> prepare_all();
  /// Kills what is being prepared; prepare_all() returns soon, with an Error.
  void stop() noexcept;
  /// The service whose data was prepared last, for messages.
  const std::string& at_work_for() const noexcept { return at_work_for_; }

 private:
  Result<std::string> key_of(const ServiceSpec& service) const;
  Task<LayoutRequest::Prepared> prepare(const ServiceSpec* service);
  Task<LayoutRequest::Prepared> prepare_once(const ServiceSpec* service);
  /// Runs the prepare commands with `directory` where the service will have its data.
  /// Without mounts: where the service will look for it.
  Task<Done> prepare_in_place(const ServiceSpec* service);
  Task<Done> fill(const ServiceSpec* service, std::string directory);
  Task<Done> run_commands(const ServiceSpec* service);

  BundleScope* scope_;
  const RunRequest* request_;
  SetUpFallback* fallback_;
  RootPreparer* roots_;
  std::string at_work_for_;
  std::unique_ptr<BundleSpace> space_;  ///< while commands run
  bool stopped_ = false;
};

}  // namespace hitch
