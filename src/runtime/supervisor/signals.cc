#include "runtime/supervisor/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace hitch {

namespace {

/// By whoever started this process: nohup(1), or a shell that put it into the background.
bool is_ignored(int signal) {
  struct sigaction action {};
  return signal != SIGPIPE && ::sigaction(signal, nullptr, &action) == 0 &&
         action.sa_handler == SIG_IGN;
}

}  // namespace

Status StopSignals::open() {
  sigset_t wanted;
  ::sigemptyset(&wanted);
  // The loop itself writes nothing that raises SIGPIPE: one that comes was sent on purpose.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    if (!is_ignored(signal)) ::sigaddset(&wanted, signal);
  }
  if (const int err = ::pthread_sigmask(SIG_BLOCK, &wanted, &before_); err != 0) {
    return Error::from_errno(err, "block signals");
  }
  blocked_ = true;
  ::signal(SIGPIPE, SIG_IGN);  // also of what this process still writes after the run
  ::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of a write, like a full disk
  const int fd = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return Error::from_errno(errno, "watch signals");
  source_.assign(fd);
  return Done{};
}

StopSignals::~StopSignals() {
  if (blocked_) (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Task<Done> StopSignals::run(std::function<void(StopSignal)> on_signal) {
  for (;;) {
    const auto [ec] = co_await source_.async_wait(source_.wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for signals");
    signalfd_siginfo info{};
    while (::read(source_.native_handle(), &info, sizeof info) ==
           static_cast<ssize_t>(sizeof info)) {
      on_signal({static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL});
    }
  }
}

}  // namespace hitch
