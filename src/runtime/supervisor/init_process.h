#pragma once

#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/pidfd.h"
#include "runtime/namespaces/id_map.h"

namespace hitch {

/// Init as its supervisor starts it: in fresh namespaces, with its end of the channel, and bound to
/// die with the calling thread.
struct InitProcess {
  struct Request {
    std::string program;  ///< path of hitch-init
    bool private_network = true;
    IdMap ids;
  };

  pid_t pid = 0;  ///< as the host sees it
  Pidfd pidfd;
  UniqueFd channel;  ///< our end, non-blocking
  UniqueFd report;   ///< says why init could not be executed, if it could not

  /// Clones and execs; returns as soon as init's program has been loaded, or could not be.
  static Result<InitProcess> start(const Request& request);

  /// Once the channel is closed before init has said anything: why.
  Error why_it_never_ran() const;
};

}  // namespace hitch
