#pragma once

#include <sys/resource.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/async/task.h"
#include "runtime/base/patience.h"
#include "runtime/base/pidfd.h"
#include "runtime/init/channel.h"
#include "runtime/isolation/filter_rules.h"
#include "runtime/namespaces/mounts.h"
#include "runtime/process/child.h"
#include "runtime/process/exit_status.h"

namespace hitch {

/// A program that init started, for as long as anybody is interested in it.
struct BundleProcess {
  explicit BundleProcess(const asio::any_io_executor& executor) : changed(executor) {}

  std::uint32_t id = 0;
  pid_t pid_inside = 0;  ///< 0: not launched yet
  Pidfd pidfd;
  std::optional<InitReport> refusal;  ///< why it could not be launched
  std::optional<ExitStatus> ended;
  /// Called right before `ended` is set: the last moment to take what it wrote.
  std::function<void()> before_end;
  Event changed;  ///< launched, failed to, or ended
};

/// What is left of a bundle's own view of the files where there are no mounts: landlock(7).
struct Confinement {
  bool is_wanted = true;              ///< else files may be changed wherever the user may
  std::vector<std::string> writable;  ///< directories below which they may be
};

/// What to start, with everything resolved.
struct LaunchRequest {
  std::vector<std::string> argv;
  std::vector<std::string> programs;  ///< candidates, in the order of PATH
  std::vector<std::string> environment;
  std::string directory;
  ChildSession session = ChildSession::kOwn;
  std::uint32_t persona = 0;  ///< bits to add to its execution domain. personality(2)
  std::uint32_t root = 0;     ///< the number of its root; 0: the bundle's
  std::vector<ChildLimit> limits;
  std::array<int, 3> stdio{-1, -1, -1};  ///< borrowed until launch() returns
  std::vector<int> groups;  ///< entrances of control groups, at most 4; borrowed likewise
};

/// The supervisor's end of the channel to init. One loop, one thread.
class InitLink {
 public:
  /// @param channel  non-blocking or not; the calls here never wait in the kernel
  InitLink(const asio::any_io_executor& executor, UniqueFd channel);

  /// Reads what init says until the channel closes. Spawn this before anything else.
  Task<Done> run();

  struct Setup {
    std::string hostname;  ///< empty: it stays the machine's
    bool private_network = true;
    bool with_clock = false;  ///< its system calls will be answered: see take_clock_listener()
    Milliseconds uptime{0};   ///< what the monotonic clock begins with
    std::optional<PlainUser> user;   ///< without a user namespace: whose the bundle is
    std::uint64_t capabilities = 0;  ///< bits: what all programs have. For a user namespace alone
    FilterRules filter{};            ///< in front of the default one
    MountPlan mounts;
    std::optional<Confinement> without_namespaces;  ///< then there are no mounts
    Milliseconds patience{0};
  };
  /// Builds the insides of the namespaces.
  /// @return an Error with errno that names the step
  /// @return an Error of kind kTimeout when init has not answered after `patience`
  Task<Done> set_up(Setup wanted);

  /// Which mount step of set_up() was refused, counted from 1; 0: none.
  std::uint32_t refused_mount() const noexcept { return refused_mount_; }

  /// Why changes to files could not be confined as set_up() was asked to; 0: they are.
  int unconfined() const noexcept { return unconfined_; }

  /// Whether it was the host name that set_up() failed for.
  bool refused_host_name() const noexcept { return refused_host_name_; }

  /// Whether it was the system call filter that set_up() failed for.
  bool refused_filter() const noexcept { return refused_filter_; }

  /// After a set_up() with clock, once: on what the clock's system calls are heard. Nothing starts
  /// before somebody answers them.
  UniqueFd take_clock_listener() { return std::move(clock_listener_); }

  /// What programs get as RLIMIT_NOFILE that have none of their own: the caller's, as init has
  /// more.
  void set_descriptor_limit(const rlimit& limit) { descriptors_ = limit; }

  /// Whose the ends of pipes shall be that programs get: /dev/stdout opens one anew, for which its
  /// owner counts.
  void set_owner_of_pipes(PlainUser owner) { pipe_owner_ = owner; }

  /// Calls `adjust` before each launch. An Error of it is that of the launch.
  void before_launch(std::function<Status(LaunchRequest&)> adjust) {
    before_launch_ = std::move(adjust);
  }

  /// Starts a program. Returns when it runs; an Error of kind kNotFound or kNotRunnable when the
  /// exec failed for such a reason.
  Task<std::shared_ptr<BundleProcess>> launch(LaunchRequest request);

  /// Signals a process, or its whole group. Gone processes are no error.
  void signal(const BundleProcess& process, int signal, SignalRequest::Scope scope);

  /// A socket of the bundle's network, non-blocking. socket(2)
  Task<UniqueFd> make_socket(int family, int type, int protocol = 0);

  bool is_closed() const noexcept { return closed_; }

  /// Whether that is because a message could not be sent, and not because init has ended.
  bool has_given_up() const noexcept { return broken_.has_value(); }

 private:
  struct Outgoing {
    std::string bytes;
    std::vector<UniqueFd> fds;
  };
  /// An answer that is being waited for.
  struct Answer {
    explicit Answer(const asio::any_io_executor& executor) : arrived(executor) {}
    std::optional<InitReport> report;
    UniqueFd fd;
    Event arrived;
  };

  void send(RequestKind kind, std::uint32_t id, const std::string& payload,
            std::vector<UniqueFd> fds);
  void flush();
  void flush_later(int err);
  int send_one(const Outgoing& message);
  void give_up(Error error);
  Error why_closed() const;
  void take(const InitReport& report, UniqueFd fd);
  void close();
  Task<std::shared_ptr<Answer>> ask(RequestKind kind, std::string payload,
                                    std::optional<Patience> limit = std::nullopt);

  asio::any_io_executor executor_;
  asio::posix::stream_descriptor channel_;
  std::deque<Outgoing> outgoing_;
  bool waiting_for_room_ = false;
  bool closed_ = false;
  asio::steady_timer try_again_;
  std::optional<Clock::time_point> stuck_since_;  ///< the kernel has had no room for a message
  std::optional<Error> broken_;                   ///< why the channel was closed by this end
  std::uint32_t refused_mount_ = 0;
  int unconfined_ = 0;
  bool refused_filter_ = false, refused_host_name_ = false;
  UniqueFd clock_listener_;
  std::function<Status(LaunchRequest&)> before_launch_;
  std::optional<rlimit> descriptors_;
  std::optional<PlainUser> pipe_owner_;
  std::uint32_t next_id_ = 1;
  std::map<std::uint32_t, std::shared_ptr<Answer>> answers_;
  std::map<std::uint32_t, std::shared_ptr<BundleProcess>> processes_;
};

}  // namespace hitch
