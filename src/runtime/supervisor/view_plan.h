#pragma once

#include <sys/resource.h>

#include <string>
#include <vector>

#include "runtime/bundle/model.h"
#include "runtime/data/mount_points.h"
#include "runtime/process/environment.h"
#include "runtime/supervisor/bundle_space.h"

namespace hitch {

/// Who starts a bundle, and from where.
struct Caller {
  ProcessEnvironment environment;
  std::string working_directory;
  uid_t uid = 0;
  gid_t gid = 0;
  std::optional<rlimit> descriptors{};  ///< RLIMIT_NOFILE, if hitch itself has more than that
};

/// Where a service that has `data` finds it.
std::string prepared_target(const BundleSpec& bundle, const ServiceSpec& service);

/// The namespaces of a bundle: its user, its view of the file system, its names.
/// @param command   CMD; the program that it names has to be visible
/// @param prepared  the data directories that have been prepared
/// @param plain_user  who it is if there is no user namespace
BundleSpace::Request plan_space(const BundleSpec& bundle, const Caller& caller,
                                const Command& command,
                                std::vector<LayoutRequest::Prepared> prepared,
                                std::string init_program,
                                std::optional<PlainUser> plain_user = std::nullopt);

/// Gives a bundle a clock: what it needs to see for that is added.
void use_clock(ClockPlan plan, BundleSpace::Request& request);

/// What has to be on the host for a bundle's volumes and tmpfs to be mounted over.
std::vector<MountPoint> mount_points_on_host(const BundleSpec& bundle, const Caller& caller,
                                             const Command& command);

}  // namespace hitch
