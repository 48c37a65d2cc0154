#pragma once

#include "runtime/clock/call_listener.h"
#include "runtime/clock/clock_channel.h"
#include "runtime/clock/clock_page.h"
#include "runtime/clock/exec_hook.h"

namespace hitch {

/// Answers the system calls of one bundle that have to do with the wall clock, and is the one
/// writer of its clock page. Every start of a program waits for it, so it does nothing else: it
/// runs in a process of its own, with one thread, as the user who owns the bundle's user namespace.
/// Needs SIGCHLD blocked: it traces the tasks whose waits it converts, and hears of them by that.
class ClockResponder {
 public:
  /// @param listener  the listener of the bundle's filter, see clock_rules()
  /// @param channel   our end of a pair of sequenced-packet sockets, see clock_channel.h
  /// @param page      the bundle's clock
  static Result<ClockResponder> create(UniqueFd listener, UniqueFd channel, ClockPage page);

  /// Answers until the other end of the channel or the last task of the bundle is gone.
  /// @return an Error only if waiting itself fails
  Status run();

 private:
  ClockResponder(UniqueFd listener, UniqueFd channel, ClockPage page, ExecHook hook);
  void answer_call();
  void answer(const HeldCall& call);
  void tell(const HeldCall& call, const HookResult& result);
  bool take_command();

  CallListener listener_;
  UniqueFd channel_;
  ClockPage page_;
  ExecHook hook_;
};

}  // namespace hitch
