#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/pidfd.h"
#include "runtime/clock/clock_channel.h"
#include "runtime/process/exit_status.h"
#include "runtime/supervisor/bundle_time.h"

namespace hitch {

/// A bundle's clock in the vDSO of its programs. The process that puts it there is hitch-clock; it
/// dies with the thread that has started it and with this object.
class VdsoTime : public BundleTime {
 public:
  struct Request {
    std::string program;  ///< path of hitch-clock
    UniqueFd listener;    ///< InitLink::take_clock_listener()
    pid_t init_pid = 0;
    uid_t user = 0;  ///< who it is to be
    gid_t group = 0;
    bool exceptions = false;  ///< some services keep the machine's clock
    BundleClock clock;        ///< as it is at the start
  };

  /// Starts the process. No program of the bundle gets further than its first system calls before.
  static Result<std::unique_ptr<VdsoTime>> start(const asio::any_io_executor& executor,
                                                 Request request);

  std::string_view backend() const noexcept override { return "vdso"; }
  std::string why() const override { return "a program that was tried saw the bundle's time"; }
  /// @return once all programs see it: also those that waited for a time that has come by that
  Task<Done> put_in_force() override;
  /// Another setting than the clock's, until put_in_force().
  Task<Done> put_in_force(ClockSetting setting);
  void expect_end() noexcept override { stopping_ = true; }
  /// Kills the process and waits for its end.
  asio::awaitable<void> stop() override;

  /// @param last_words  the file that is the process's standard error
  VdsoTime(const asio::any_io_executor& executor, BundleClock clock, Pidfd process,
           UniqueFd channel, UniqueFd ended, UniqueFd last_words);

 private:
  Task<Done> hear();
  Task<Done> await_end();
  Error why_it_ended(std::string what) const;

  Pidfd process_;
  UniqueFd last_words_;
  asio::posix::stream_descriptor channel_, ended_;
  std::uint32_t asked_ = 0, confirmed_ = 0;  ///< numbers of commands
  bool stopping_ = false;
  std::optional<ExitStatus> end_;
  Event changed_;
  TaskGroup tasks_;
};

}  // namespace hitch
