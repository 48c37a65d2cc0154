#pragma once

#include <array>
#include <span>

#include "runtime/init/wire.h"
#include "runtime/process/child.h"

namespace hitch {

/// Starts what the supervisor asks for. A launch is under way until its child has called exec or
/// said why it could not; init does not wait for that, as a slow disk may take its time. Allocates
/// nothing: at most kMost launches are under way at once, later ones wait for the oldest.
class Spawner {
 public:
  static constexpr std::size_t kMost = 64;

  explicit Spawner(InitWire& wire) noexcept : wire_(wire) {}

  void launch(IncomingRequest& request) noexcept;
  /// For an init whose end is not by itself the end of all that it started.
  void let_children_die_with_it() noexcept { children_die_with_it_ = true; }
  /// The report pipe of each launch under way, to be polled; -1 where there is none.
  int report_fd(std::size_t index) const noexcept { return under_way_[index].report.get(); }
  /// A report pipe has something to say: kLaunched or kLaunchFailed goes out.
  void finish(std::size_t index) noexcept;
  /// The child `pid` has ended. Its launch, if under way, is finished first.
  /// @return the id of the launch, or 0 for a process that the supervisor does not know
  std::uint32_t ended(pid_t pid) noexcept;
  /// The pid of a launch that has not ended, or 0.
  pid_t pid_of(std::uint32_t id) const noexcept;

 private:
  struct Launch {
    std::uint32_t id = 0;
    pid_t pid = 0;
    UniqueFd report, pidfd;
  };
  void fail(std::uint32_t id, ChildStep step, int err) noexcept;
  std::size_t free_slot() noexcept;
  bool remember(std::uint32_t id, pid_t pid) noexcept;

  InitWire& wire_;
  std::array<Launch, kMost> under_way_;
  std::size_t running_count_ = 0;
  bool children_die_with_it_ = false;
};

}  // namespace hitch
