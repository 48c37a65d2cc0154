#pragma once

#include <signal.h>

#include <optional>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/pidfd.h"
#include "runtime/namespaces/id_map.h"

namespace hitch {

/// Init as its supervisor starts it: PID 1, in a fresh user namespace where there can be one, with
/// its end of the channel, and bound to die with the calling thread. The other namespaces it makes
/// for itself, as that takes longer than all the rest, and nobody here has to wait for it. Without
/// namespaces this is its guard: runtime/init/guard.h
struct InitProcess {
  struct Request {
    std::string program;  ///< path of hitch-init
    bool private_network = true;
    IdMap ids;
    bool own_users = true;   ///< in a user namespace; else by the rights of root. real_root.h
    bool namespaces = true;  ///< else in none at all
    bool operator==(const Request&) const = default;
  };

  pid_t pid = 0;  ///< as the host sees it
  Pidfd pidfd;
  UniqueFd channel;          ///< our end, non-blocking
  UniqueFd report;           ///< says why init could not be executed, if it could not
  int end_signal = SIGKILL;  ///< what ends it, and all that it has started

  /// Clones and execs; returns as soon as init's program has been loaded, or could not be.
  /// @return an Error with errno if the machine refuses it its namespaces
  static Result<InitProcess> start(const Request& request);

  /// Ends it and all that it has started; their ends have to be waited for.
  void kill() const noexcept { (void)pidfd.send_signal(end_signal); }
  /// Kills it and waits for its end: of one that nobody has set up that takes no time.
  void end() const noexcept;

  /// Waits for one that has ended: at once, or, under strace, until its tracer has done so.
  void reap() const noexcept;
  /// Without waiting. @return whether it has ended, and is gone now
  bool has_been_reaped() const noexcept;

  /// Once the channel is closed before init has said anything: why.
  Error why_it_never_ran() const;

 private:
  std::optional<Error> refused_namespaces() const;
};

/// Adds to an error in making namespaces what there is to do about it.
Error explain_namespaces(Error error);

}  // namespace hitch
