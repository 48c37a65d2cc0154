#pragma once

#include <poll.h>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/base/deadline.h"
#include "runtime/clock/call_listener.h"
#include "runtime/clock/clock_channel.h"
#include "runtime/clock/clock_page.h"
#include "runtime/clock/exec_hook.h"
#include "runtime/clock/held_sleeps.h"
#include "runtime/clock/wait_converter.h"

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
  /// @param root      the process from which all of the bundle descend: its init
  static Result<ClockResponder> create(UniqueFd listener, UniqueFd channel, ClockPage page,
                                       pid_t root);

  /// Some of the bundle's processes keep the machine's clock (machine_clock.h). To ask each of them
  /// costs a file, so they are not looked for unless this is called.
  void expect_exceptions() noexcept { has_exceptions_ = true; }

  /// Answers until the other end of the channel or the last task of the bundle is gone.
  /// @return an Error only if waiting itself fails
  Status run();

 private:
  ClockResponder(CallListener listener, UniqueFd channel, ClockPage page, ExecHook hook);
  bool turn(std::span<const pollfd> ready);
  void answer(const HeldCall& call);
  void answer_start(const HeldCall& call);
  void answer_wait(const HeldCall& call);
  void tell(ClockNewsKind kind, pid_t task, const char* step, int err);
  bool take_command();
  void put_in_force(const ClockSetting& setting);
  bool confirm();
  void arm_timer();
  int patience() const;

  CallListener listener_;
  UniqueFd channel_, signals_, timer_;
  ClockPage page_;
  ExecHook hook_;
  HeldSleeps sleeps_;
  WaitConverter waits_;
  bool has_exceptions_ = false;
  bool has_deadlines_ = false;  ///< somebody has waited for a time on the wall clock, once
  pid_t root_ = 0;
  std::optional<ClockTime> armed_for_;      ///< when timer_ goes off
  std::vector<std::uint32_t> unconfirmed_;  ///< commands whose answer is due
  std::optional<Deadline> confirm_by_;
  static constexpr std::size_t kMostTold = 1000;
  std::set<std::tuple<ClockNewsKind, std::string, std::string>> told_;  ///< by program and step
};

}  // namespace hitch
