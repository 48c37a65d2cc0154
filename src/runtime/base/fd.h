#pragma once

#include <unistd.h>

#include <utility>

#include "runtime/base/result.h"

namespace hitch {

/// Owns one file descriptor; -1 means none. Move-only, closes on destruction.
class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept { return reset(other.release()), *this; }
  ~UniqueFd() { reset(); }

  int get() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  /// Closes what is held. Never retried on EINTR: Linux has freed the number by then. close(2)
  void reset(int fd = -1) noexcept {
    if (const int old = std::exchange(fd_, fd); old >= 0) (void)::close(old);
  }

 private:
  int fd_ = -1;
};

/// Both ends of a pipe, close-on-exec. pipe(7)
struct Pipe {
  UniqueFd read_end, write_end;
  /// @param flags  added to O_CLOEXEC, for example O_NONBLOCK
  static Result<Pipe> create(int flags = 0);
};

/// Two connected sequenced-packet sockets, close-on-exec: one write is one message. unix(7)
struct SocketPair {
  UniqueFd ours, theirs;
  static Result<SocketPair> create();
};

/// Another descriptor of the same open file, close-on-exec and never 0, 1 or 2.
Result<UniqueFd> duplicate(int fd);

}  // namespace hitch
