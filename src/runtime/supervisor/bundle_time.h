#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "runtime/async/task.h"
#include "runtime/base/pidfd.h"
#include "runtime/bundle/model.h"
#include "runtime/clock/bundle_clock.h"
#include "runtime/clock/clock_channel.h"
#include "runtime/logs/record.h"
#include "runtime/process/exit_status.h"

namespace hitch {

/// Whether the bundle sees another clock than the machine's.
bool has_own_clock(const BundleSpec& bundle);

/// What the bundle file says about the clock, from this moment on.
Result<BundleClock> clock_at_start(const ClockSpec& spec);

/// The wall clock of a bundle: what it is set to, and the process that shows it to the bundle's
/// programs (hitch-clock). That process dies with the thread that has started it and with this
/// object. Its owner awaits stop() before it is destroyed.
class BundleTime {
 public:
  struct Request {
    std::string program;  ///< path of hitch-clock
    UniqueFd listener;    ///< InitLink::take_clock_listener()
    pid_t init_pid = 0;
    BundleClock clock;  ///< as it is at the start
  };

  /// Starts the process. No program of the bundle gets further than its first system calls before.
  static Result<std::unique_ptr<BundleTime>> start(const asio::any_io_executor& executor,
                                                   Request request);
  /// Makes the programs see what the clock is set to.
  /// @return once all do: also those that waited for a time that has come by that
  Task<Done> put_in_force();

  /// @return an Error if that cannot be: then nothing has changed
  using Change = std::function<Status(BundleClock&, ClockTime real)>;
  /// Changes the clock and puts that in force.
  Task<Done> change(Change how);

  /// May be kept longer than this.
  std::shared_ptr<const BundleClock> clock() const noexcept { return clock_; }

  /// Calls `listener` if the process ends by itself.
  void on_lost(std::function<void(Error)> listener) { on_lost_ = std::move(listener); }
  /// Calls `listener` for each program that does not see the bundle's time as it should.
  void on_news(std::function<void(const ClockNews&)> listener) { on_news_ = std::move(listener); }

  /// From now on its end is no surprise: it ends with the bundle.
  void expect_end() noexcept { stopping_ = true; }
  /// Kills it and waits for its end.
  asio::awaitable<void> stop();

  BundleTime(const asio::any_io_executor& executor, BundleClock clock, Pidfd process,
             UniqueFd channel, UniqueFd ended);

 private:
  Task<Done> hear();
  Task<Done> await_end();

  std::shared_ptr<BundleClock> clock_;
  Pidfd process_;
  asio::posix::stream_descriptor channel_, ended_;
  std::uint32_t asked_ = 0, confirmed_ = 0;  ///< numbers of commands
  bool stopping_ = false;
  std::optional<ExitStatus> end_;
  std::function<void(Error)> on_lost_;
  std::function<void(const ClockNews&)> on_news_;
  Event changed_;
  TaskGroup tasks_;
};

/// Times for the log, with the bundle's among them.
LogClock log_clock_of(const BundleTime& time);

/// "'java' (process 123) sees the machine's time: …"
std::string text_of(const ClockNews& news);

}  // namespace hitch
