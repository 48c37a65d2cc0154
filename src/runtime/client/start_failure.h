#pragma once

#include <string>

#include "runtime/base/error.h"

namespace hitch {

/// Why a bundle did not start, from all who know something of it.
struct StartFailure {
  std::string answer{};  ///< to the request that waited for it; empty: hitch went away
  Kind kind = Kind::kEnvironment;
  int exit_code = 0;   ///< of hitch
  std::string said{};  ///< what it had to say to people, with the last lines of what failed
};

/// Throws it in the right type: StartupTimeout, ServiceDied, BundleMisconfiguration, or Error.
[[noreturn]] void throw_start_failure(const StartFailure& failure);

}  // namespace hitch
