// hitch-init: PID 1 of a bundle. Small, static, one thread; allocates nothing after its set-up,
// never exits on an error of what it runs, and is gone when its supervisor is, which ends the
// bundle: the kernel kills every process of a PID namespace whose first one ends.
// pid_namespaces(7)

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "runtime/base/raw_write.h"
#include "runtime/init/reaper.h"
#include "runtime/init/spawner.h"
#include "runtime/init/steps.h"
#include "runtime/init/wire.h"

namespace hitch {
namespace {

InitWire g_wire;
Spawner g_spawner(g_wire);
int g_namespaces_error = 0;

void send_signal(const IncomingRequest& request) noexcept {
  PayloadReader reader(request.payload);
  const auto signal = static_cast<int>(reader.number());
  const auto scope = static_cast<SignalRequest::Scope>(reader.number());
  const pid_t pid = g_spawner.pid_of(request.head.id);
  if (!reader.ok() || pid <= 1) return;
  // A child that shares the caller's session has no group of its own.
  const bool group = scope == SignalRequest::Scope::kGroup && ::getpgid(pid) == pid;
  (void)::kill(group ? -pid : pid, signal);
}

void make_socket(const IncomingRequest& request) noexcept {
  PayloadReader reader(request.payload);
  const auto family = static_cast<int>(reader.number());
  const auto type = static_cast<int>(reader.number());
  const auto protocol = static_cast<int>(reader.number());
  const UniqueFd made(::socket(family, type | SOCK_CLOEXEC, protocol));
  InitReport report;
  report.kind = ReportKind::kSocketMade;
  report.id = request.head.id;
  report.err = made.is_open() ? 0 : errno;
  g_wire.send(report, made.get());
}

void set_up(const IncomingRequest& request) noexcept {
  SetupResult result = run_setup(g_namespaces_error, request.payload);
  result.report.id = request.head.id;
  g_wire.send(result.report, result.clock_listener.get());
}

void carry_out(IncomingRequest& request) noexcept {
  switch (request.head.kind) {
    case RequestKind::kSetup:
      return set_up(request);
    case RequestKind::kLaunch:
      return g_spawner.launch(request);
    case RequestKind::kSignal:
      return send_signal(request);
    case RequestKind::kSocket:
      return make_socket(request);
  }
}

/// Requests are taken until there is none; false when the supervisor is gone.
bool serve_requests() noexcept {
  for (;;) {
    IncomingRequest request;
    switch (g_wire.receive(request)) {
      case InitWire::Receive::kClosed:
        return false;
      case InitWire::Receive::kNothing:
        return true;
      case InitWire::Receive::kRequest:
        carry_out(request);
    }
  }
}

int watch_children() noexcept {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  return ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// What init waits for. Only what is there takes a place in the array: poll(2) refuses one that is
/// longer than RLIMIT_NOFILE, which a caller may have set low.
class Watched {
 public:
  explicit Watched(int children) noexcept {
    entries_[kRequests] = {kInitChannelFd, POLLIN, 0};
    entries_[kChildren] = {children, POLLIN, 0};
  }

  /// @return whether there is something to do; false when waiting itself fails
  bool wait() noexcept {
    count_ = kFirstLaunch;
    for (std::size_t slot = 0; slot < Spawner::kMost; ++slot) {
      const int fd = g_spawner.report_fd(slot);
      if (fd < 0) continue;
      slots_[count_] = slot;
      entries_[count_++] = {fd, POLLIN, 0};
    }
    int ready = 0;
    do {
      ready = ::poll(entries_.data(), count_, -1);
    } while (ready < 0 && errno == EINTR);
    return ready >= 0;
  }

  bool has_requests() const noexcept { return entries_[kRequests].revents != 0; }
  bool has_dead_children() const noexcept { return entries_[kChildren].revents != 0; }
  void finish_launches() const noexcept {
    for (std::size_t i = kFirstLaunch; i < count_; ++i) {
      if (entries_[i].revents != 0) g_spawner.finish(slots_[i]);
    }
  }

 private:
  static constexpr std::size_t kRequests = 0, kChildren = 1, kFirstLaunch = 2;
  std::array<pollfd, kFirstLaunch + Spawner::kMost> entries_{};
  std::array<std::size_t, kFirstLaunch + Spawner::kMost> slots_{};
  std::size_t count_ = 0;
};

void reap(int children) noexcept {
  signalfd_siginfo info;
  while (::read(children, &info, sizeof info) > 0) {
  }
  reap_all(g_spawner, g_wire);
}

int run(bool private_network) noexcept {
  if (protect_init() != 0) return 1;
  g_namespaces_error = create_namespaces(private_network);
  const int children = watch_children();
  if (children < 0) return 1;
  Watched watched(children);
  while (watched.wait()) {
    watched.finish_launches();
    if (watched.has_dead_children()) reap(children);
    if (watched.has_requests() && !serve_requests()) return 0;
  }
  return 1;
}

}  // namespace
}  // namespace hitch

// No static destructors, no leak check: the end of this process is the end of the bundle.
int main(int argc, char** argv) {
  if (::getpid() != 1) {
    constexpr std::string_view kWhy = "hitch-init: is for hitch to start, as the first process\n";
    (void)hitch::write_fully(STDERR_FILENO, kWhy);
    ::_exit(2);
  }
  const bool host_network = argc > 1 && std::string_view(argv[1]) == hitch::kHostNetwork;
  ::_exit(hitch::run(!host_network));
}
