#pragma once

#include "runtime/base/deadline.h"

namespace hitch {

/// A limit on how long others may take, as far as this process looks. If the limit passes while the
/// process stands still (SIGSTOP, Ctrl-Z, a virtual machine that is paused), what others have done
/// meanwhile is still to be heard of: then the span begins anew.
class Patience {
 public:
  explicit Patience(Milliseconds span, Clock::time_point from = Clock::now()) noexcept
      : span_(span), limit_(from + span) {}

  /// When to ask next whether it is over.
  Clock::time_point when() const noexcept { return limit_; }
  /// To be asked after each wait until when().
  bool is_over(Clock::time_point now = Clock::now()) noexcept {
    constexpr Milliseconds kStoodStill{250};
    if (now < limit_) return false;
    if (now < limit_ + kStoodStill) return true;
    limit_ = now + span_;
    return false;
  }

 private:
  Milliseconds span_;
  Clock::time_point limit_;
};

}  // namespace hitch
