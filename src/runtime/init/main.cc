// hitch-init: PID 1 of a bundle. Small, static, one thread; allocates nothing after its set-up,
// never exits on an error of what it runs, and is gone when its supervisor is, which ends the
// bundle: the kernel kills every process of a PID namespace whose first one ends.
// pid_namespaces(7). Where there can be no namespaces it is an ordinary process that ends all the
// others itself: guard.h.

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
#include "runtime/init/guard.h"
#include "runtime/init/orphans.h"
#include "runtime/init/payload_reader.h"
#include "runtime/init/reaper.h"
#include "runtime/init/spawner.h"
#include "runtime/init/steps.h"
#include "runtime/init/wire.h"

namespace hitch {
namespace {

InitWire g_wire;
Spawner g_spawner(g_wire);
InitMode g_mode = InitMode::kPrivateNetwork;
int g_namespaces_error = 0;
/// What has to hold before anything else, and does not: it is said when the supervisor asks.
struct {
  const char* step = nullptr;
  int err = 0;
} g_refusal;

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

void refuse_set_up(std::uint32_t id) noexcept {
  InitReport report;
  report.kind = ReportKind::kSetupFailed;
  report.id = id;
  report.err = g_refusal.err;
  const std::string_view step(g_refusal.step);
  (void)step.copy(report.text.data(), report.text.size() - 1);
  g_wire.send(report);
}

void set_up(const IncomingRequest& request) noexcept {
  if (g_refusal.step != nullptr) return refuse_set_up(request.head.id);
  SetupResult result = run_setup(g_mode, g_namespaces_error, request.payload);
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

/// Of children that have ended; of an init with a guard, of the guard's end too.
int watch_signals() noexcept {
  sigset_t watched;
  ::sigemptyset(&watched);
  ::sigaddset(&watched, SIGCHLD);
  if (g_mode == InitMode::kNoNamespaces) ::sigaddset(&watched, SIGTERM);
  return ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// What init waits for. Only what is there takes a place in the array: poll(2) refuses one that is
/// longer than RLIMIT_NOFILE, which a caller may have set low.
class Watched {
 public:
  explicit Watched(int signals) noexcept {
    entries_[kRequests] = {kInitChannelFd, POLLIN, 0};
    entries_[kSignals] = {signals, POLLIN, 0};
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
  bool has_signals() const noexcept { return entries_[kSignals].revents != 0; }
  void finish_launches() const noexcept {
    for (std::size_t i = kFirstLaunch; i < count_; ++i) {
      if (entries_[i].revents != 0) g_spawner.finish(slots_[i]);
    }
  }

 private:
  static constexpr std::size_t kRequests = 0, kSignals = 1, kFirstLaunch = 2;
  std::array<pollfd, kFirstLaunch + Spawner::kMost> entries_{};
  std::array<std::size_t, kFirstLaunch + Spawner::kMost> slots_{};
  std::size_t count_ = 0;
};

/// @return false when it is to end
bool take_signals(int signals) noexcept {
  signalfd_siginfo info;
  bool goes_on = true;
  while (::read(signals, &info, sizeof info) > 0) {
    if (info.ssi_signo == SIGTERM) goes_on = false;
  }
  reap_all(g_spawner, g_wire);
  return goes_on;
}

void start() noexcept {
  const auto refuse = [](const char* step, int err) { g_refusal = {step, err}; };
  if (const int err = protect_init(); err != 0) return refuse("protect the bundle's init", err);
  if (g_mode == InitMode::kNoNamespaces) {
    g_spawner.let_children_die_with_it();
    if (const int err = fork_from_guard(); err != 0) refuse("create a guard of the bundle", err);
    return;
  }
  if (const int err = die_with_supervisor(); err != 0) return refuse("die with hitch", err);
  g_namespaces_error = create_namespaces(g_mode == InitMode::kPrivateNetwork);
}

int serve() noexcept {
  const int signals = watch_signals();
  if (signals < 0) g_refusal = {"watch the bundle's processes", errno};
  Watched watched(signals);
  while (watched.wait()) {
    watched.finish_launches();
    if (watched.has_signals() && !take_signals(signals)) return 0;
    if (watched.has_requests() && !serve_requests()) return 0;
  }
  return 1;
}

int run() noexcept {
  start();
  const int code = serve();
  if (g_mode == InitMode::kNoNamespaces) end_descendants();
  return code;
}

InitMode mode_of(std::string_view argument) noexcept {
  if (argument == kNoNamespacesWord) return InitMode::kNoNamespaces;
  return argument == kHostNetworkWord ? InitMode::kHostNetwork : InitMode::kPrivateNetwork;
}

}  // namespace
}  // namespace hitch

// No static destructors, no leak check: the end of this process is the end of the bundle.
int main(int argc, char** argv) {
  (void)::prctl(PR_SET_NAME, "hitch-init");  // which a sealed copy would not be called
  hitch::g_mode = hitch::mode_of(argc > 1 ? argv[1] : "");
  if (::getpid() != 1 && hitch::g_mode != hitch::InitMode::kNoNamespaces) {
    constexpr std::string_view kWhy = "hitch-init: is for hitch to start, as the first process\n";
    (void)hitch::write_fully(STDERR_FILENO, kWhy);
    ::_exit(2);
  }
  ::_exit(hitch::run());
}
