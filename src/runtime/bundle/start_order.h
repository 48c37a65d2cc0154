#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "runtime/bundle/diagnostics.h"
#include "runtime/bundle/model.h"

namespace hitch {

/// The order in which services can be started one by one: each after those it depends on, in the
/// order of the file where that leaves a choice.
/// @param services  their dependencies are among them and have no cycle
/// @return indices into `services`
std::vector<std::size_t> start_order(std::span<const ServiceSpec> services);

/// The order in which services stop: each group when all groups before it are gone, the members of
/// a group together. A service is in the first group after everything that depends on it.
std::vector<std::vector<std::size_t>> stop_groups(std::span<const ServiceSpec> services);

/// What is to be run of a bundle.
struct Selection {
  std::vector<std::string> services;  ///< with what they depend on; empty: all active ones
  std::vector<std::string> profiles;  ///< that are active; "*" means all
};

/// A service that can be selected.
struct Candidate {
  const ServiceSpec* spec;
  std::string_view written_name;  ///< without the "-1" of a replica: selects all replicas
};

/// The services of a selection, in the order of the file. A service with `profiles` is active if
/// one of them is; naming a service activates its profiles. Errors: an unknown service or profile,
/// a dependency on a service that is not active.
std::vector<std::size_t> select_services(std::span<const Candidate> candidates,
                                         const Selection& selection, Diagnostics& out);

}  // namespace hitch
