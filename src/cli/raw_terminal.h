#pragma once

#include <termios.h>
#include <unistd.h>

namespace hitch {

/// Puts a terminal into raw mode for as long as it lives: keys are for somebody else. Restored on
/// every way out that runs destructors. termios(3)
class RawTerminal {
 public:
  /// @param fd  nothing is done if it is no terminal, or -1
  explicit RawTerminal(int fd) noexcept : fd_(fd) {
    is_raw_ = fd >= 0 && ::tcgetattr(fd, &before_) == 0;
    if (!is_raw_) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    is_raw_ = ::tcsetattr(fd, TCSADRAIN, &raw) == 0;
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() {
    if (is_raw_) (void)::tcsetattr(fd_, TCSADRAIN, &before_);
  }

 private:
  int fd_;
  bool is_raw_ = false;
  termios before_{};
};

}  // namespace hitch
