#pragma once

#include <sys/types.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/async/task.h"
#include "runtime/base/fd.h"
#include "runtime/base/pidfd.h"
#include "runtime/process/exit_status.h"

namespace hitch {

/// @param programs  where pasta may be
/// @return an Error of kind kUsage, with what to do, if it is in none of these places
Status check_pasta(const std::vector<std::string>& programs);

/// The way out of a bundle's network: a process of pasta(1) beside the bundle. It makes a tap
/// device in the bundle's network and carries what leaves through it to sockets of the caller's
/// network. Nothing comes in, and the loopback of the host is out of reach. The process dies with
/// the thread that has started it and with this object. Its owner awaits stop() before it is
/// destroyed.
class OutboundNetwork {
 public:
  struct Request {
    std::vector<std::string> programs;  ///< where pasta may be: the first that is there is taken
    bool forwards_names = false;        ///< kForwardedNameServer leads to the host's name server
  };

  /// Starts pasta; it is not up yet.
  /// @param member  a process in the bundle's user and network namespaces, which is there until
  /// this
  ///                returns; whoever calls owns the user namespace
  static Result<std::unique_ptr<OutboundNetwork>> start(const asio::any_io_executor& executor,
                                                        const Request& request, pid_t member);
  /// Calls `listener` if it ends by itself after it was up.
  void on_lost(std::function<void(Error)> listener) { on_lost_ = std::move(listener); }
  /// Waits until there is an interface with an address and a default route.
  /// @return an Error with pasta's own words if it ended instead, of kind kTimeout after `patience`
  Task<Done> wait_until_up(Milliseconds patience);
  /// Kills it at once; stop() still has to be awaited.
  void kill() noexcept;
  /// Kills it and waits until it has gone.
  Task<Done> stop(Milliseconds patience);

  struct Started {
    Pidfd process;
    UniqueFd lifeline;   ///< our end: pasta is killed when it is closed
    UniqueFd up, words;  ///< what pasta writes: its pid when it is up, and what is wrong
    UniqueFd ended;      ///< readable when the process has ended
  };
  OutboundNetwork(const asio::any_io_executor& executor, pid_t member, Started started);

 private:
  Task<Done> hear_that_it_is_up();
  Task<Done> keep_words();
  Task<Done> await_end();
  /// @return whether there may be more later
  bool take_words();
  Error why_it_ended() const;

  std::function<void(Error)> on_lost_;
  pid_t member_;
  Pidfd process_;
  UniqueFd lifeline_;
  asio::posix::stream_descriptor up_, words_, ended_;
  std::string kept_words_;
  bool says_up_ = false, is_up_ = false, stopping_ = false;
  std::optional<ExitStatus> end_;
  Event changed_;
  TaskGroup tasks_;
};

}  // namespace hitch
