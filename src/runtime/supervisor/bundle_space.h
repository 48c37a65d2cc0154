#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/namespaces/layout.h"
#include "runtime/network/outbound.h"
#include "runtime/supervisor/bundle_time.h"
#include "runtime/supervisor/clock_plan.h"
#include "runtime/supervisor/early_init.h"
#include "runtime/supervisor/init_link.h"
#include "runtime/supervisor/init_process.h"

namespace hitch {

/// A set of fresh namespaces with an init in it: where a bundle lives, or where data is prepared.
/// Its owner awaits destroy() before it lets go of it.
class BundleSpace {
 public:
  struct Request {
    std::string init_program;
    std::string hostname;
    bool private_network = true;
    std::optional<OutboundNetwork::Request> outbound;  ///< a way out of the private network
    std::function<void(Error)> way_out_lost;           ///< called if that ends by itself
    Milliseconds uptime{0};                            ///< what the monotonic clock begins with
    std::optional<ClockPlan> clock;                    ///< a wall clock of its own
    IdMap ids;
    bool own_users = true;  ///< in a user namespace; else `ids` are those of the machine
    LayoutRequest layout;
    FilterChanges filter;            ///< to the default system call filter
    std::uint64_t capabilities = 0;  ///< bits: what programs have in its user namespace
    /// In no namespaces at all: no layout, no names, no network, but this instead.
    std::optional<Confinement> without_namespaces;
    std::optional<rlimit> descriptors;  ///< RLIMIT_NOFILE of what runs in it
    Milliseconds patience{15'000};      ///< for building the insides
  };

  /// @param ended  a copy of the pidfd
  BundleSpace(const asio::any_io_executor& executor, InitProcess process, UniqueFd ended);

  /// Starts init, or takes the one that has been started early; the set-up follows in set_up().
  static Result<std::unique_ptr<BundleSpace>> start(const asio::any_io_executor& executor,
                                                    const Request& request,
                                                    EarlyInit* early = nullptr);
  /// Waits until the insides are built and, if there is to be one, until there is a way out.
  /// `request` is the one of start().
  Task<Done> set_up(const Request* request);

  /// Why set_up() failed, if a fresh /proc was refused.
  const std::optional<Error>& refused_proc() const noexcept { return refused_proc_; }

  /// Where set_up() was refused an overlay, if that is why it failed.
  const std::optional<std::string>& refused_overlay() const noexcept { return refused_overlay_; }

  /// Whose root set_up() was refused an overlay for, if that is why it failed; 0: nobody's.
  std::uint32_t refused_root() const noexcept { return refused_root_; }

  /// Why programs cannot be given a clock by the vDSO, if that is why set_up() failed.
  const std::optional<Error>& clock_refusal() const noexcept { return clock_refusal_; }

  InitLink& init() noexcept { return link_; }
  pid_t init_pid() const noexcept { return process_.pid; }
  /// Null if it has no clock of its own.
  BundleTime* time() noexcept { return time_.get(); }
  /// Kills everything in it at once; destroy() still has to be awaited. Cannot fail: init is ours.
  void kill() noexcept;
  /// Kills everything in it and waits until the kernel has let go of the last process.
  /// @return an Error that names what is stuck when that takes longer than `patience`
  Task<Done> destroy(Milliseconds patience);

 private:
  Task<Done> build(const Request* request);
  Task<Done> start_clock(const Request* request);
  Task<Done> start_vdso_clock(const Request* request);
  Task<Done> open_way_out(const Request* request);

  InitProcess process_;
  InitLink link_;
  TaskGroup tasks_;
  asio::posix::stream_descriptor ended_;
  std::unique_ptr<OutboundNetwork> outbound_;
  std::unique_ptr<BundleTime> time_;
  std::optional<std::string> refused_overlay_;
  std::uint32_t refused_root_ = 0;
  std::optional<Error> refused_proc_;
  std::optional<Error> clock_refusal_;
};

}  // namespace hitch
