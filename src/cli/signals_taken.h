#pragma once

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <span>

#include "runtime/base/fd.h"

namespace hitch {

/// Signals of this process, taken from it for as long as this lives, to be polled for and passed
/// on. signalfd(2)
class SignalsTaken {
 public:
  explicit SignalsTaken(std::span<const int> signals) noexcept {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int signal : signals) ::sigaddset(&wanted, signal);
    (void)::sigprocmask(SIG_BLOCK, &wanted, &before_);
    fd_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  SignalsTaken(const SignalsTaken&) = delete;
  SignalsTaken& operator=(const SignalsTaken&) = delete;
  ~SignalsTaken() { give_back(); }

  /// Also for a child that goes its own way.
  void give_back() const noexcept { (void)::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  int fd() const noexcept { return fd_.get(); }
  /// The next one that has come, or 0.
  int take() const noexcept {
    signalfd_siginfo info{};
    const auto n = ::read(fd_.get(), &info, sizeof info);
    return n == static_cast<ssize_t>(sizeof info) ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  sigset_t before_{};
  UniqueFd fd_;
};

}  // namespace hitch
