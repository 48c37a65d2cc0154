#pragma once

#include <signal.h>

#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace hitch {

/// Writes to a pipe, terminal, socket or file of somebody else without ever changing its flags,
/// which other processes share, and as far as possible without waiting.
class LineWriter {
 public:
  /// @param fd  stays the caller's; a second descriptor is made
  static Result<LineWriter> open(int fd);

  struct Outcome {
    std::size_t written = 0;
    int err = 0;  ///< 0; EAGAIN: wait for POLLOUT on fd(); else the output is lost for good
  };
  /// Writes once, without waiting unless may_wait(). Never raises SIGPIPE for a thread that blocks
  /// signals.
  Outcome write(std::string_view bytes) const;

  /// Whether write() may wait all the same, because somebody else writes to the same pipe or
  /// terminal: then it belongs on a thread of its own.
  bool may_wait() const noexcept { return kind_ == Kind::kBlocking; }
  int fd() const noexcept { return fd_.get(); }

 private:
  enum class Kind {
    kNonBlocking,  ///< a pipe or terminal, opened once more for ourselves
    kSocket,
    kFile,      ///< takes what it is given: a file, /dev/null
    kBlocking,  ///< a pipe or terminal that cannot be opened again
  };
  LineWriter(UniqueFd fd, Kind kind) : fd_(std::move(fd)), kind_(kind) {}

  UniqueFd fd_;
  Kind kind_;
};

/// Blocks all signals of the calling thread as long as it lives.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    (void)::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

/// Does so too; a SIGPIPE of the thread's own that
/// has come in between is dropped.
class NoSignals {
 public:
  NoSignals() noexcept;
  ~NoSignals();
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  SignalsBlocked blocked_;
  bool had_pipe_signal_;
};

}  // namespace hitch
