// hitch-init: PID 1 of a bundle. Small, static, one thread; allocates nothing after its set-up,
// never exits on an error of what it runs, and is gone when its supervisor is, which ends the
// bundle: the kernel kills every process of a PID namespace whose first one ends.
// pid_namespaces(7)

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "runtime/init/reaper.h"
#include "runtime/init/spawner.h"
#include "runtime/init/steps.h"
#include "runtime/init/wire.h"

namespace hitch {
namespace {

InitWire g_wire;
Spawner g_spawner(g_wire);

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
  InitReport report = run_setup(request.payload);
  report.id = request.head.id;
  g_wire.send(report);
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

int run() noexcept {
  if (protect_init() != 0) return 1;
  const int children = watch_children();
  if (children < 0) return 1;
  constexpr std::size_t kWatched = 2 + Spawner::kMost;
  std::array<pollfd, kWatched> watched{};
  watched[0] = {kInitChannelFd, POLLIN, 0};
  watched[1] = {children, POLLIN, 0};
  for (;;) {
    for (std::size_t i = 0; i < Spawner::kMost; ++i) {
      watched[2 + i] = {g_spawner.report_fd(i), POLLIN, 0};
    }
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < Spawner::kMost; ++i) {
      if (watched[2 + i].revents != 0) g_spawner.finish(i);
    }
    if (watched[1].revents != 0) {
      signalfd_siginfo info;
      while (::read(children, &info, sizeof info) > 0) {
      }
      reap_all(g_spawner, g_wire);
    }
    if (watched[0].revents != 0 && !serve_requests()) return 0;
  }
}

}  // namespace
}  // namespace hitch

// No static destructors, no leak check: the end of this process is the end of the bundle.
int main() {
  ::_exit(hitch::run());
}
