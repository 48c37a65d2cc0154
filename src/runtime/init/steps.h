#pragma once

#include <span>

#include "runtime/init/wire.h"

namespace hitch {

/// What init is for.
enum class InitMode {
  kPrivateNetwork,  ///< PID 1 of a bundle with namespaces of its own, a network among them
  kHostNetwork,     ///< the same in the network of the host
  kNoNamespaces,    ///< an ordinary process, with a guard. guard.h
};

/// Makes every namespace but those that init was born in: user and PID. @return 0 or errno
int create_namespaces(bool private_network) noexcept;

struct SetupResult {
  InitReport report{};        ///< kSetupDone, or kSetupFailed with errno and the step in words
  UniqueFd clock_listener{};  ///< of a bundle with a clock: to go with the report
};

/// What the supervisor asks for in a kSetup request, in the order in which it is written there:
/// host name, whether the network is private, whether the bundle has a clock, capabilities that it
/// keeps, what is denied and allowed besides the filter, the mount steps.
/// Builds the insides of the namespaces: network, host name, file system, kernel settings; then
/// gives up every privilege, for init and all it will ever start. Without namespaces, what comes
/// after the user is not mount steps, but where files may be changed.
/// @param namespaces_error  what create_namespaces() returned: the first step is to say it
SetupResult run_setup(InitMode mode, int namespaces_error, std::span<char> payload) noexcept;

/// What must be true before anything else happens in init: signals blocked, not traceable, as many
/// descriptors as it may have. @return 0 or errno
int protect_init() noexcept;
/// Init in its own PID namespace ends with its supervisor, and the kernel ends all the others.
/// @return 0 or errno
int die_with_supervisor() noexcept;

}  // namespace hitch
