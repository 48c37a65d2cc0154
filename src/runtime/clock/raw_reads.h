#pragma once

#include "runtime/clock/call_listener.h"
#include "runtime/clock/clock_layout.h"
#include "runtime/clock/exec_hook.h"

namespace hitch {

/// Answers a clock_gettime, gettimeofday or time that a program has made as a system call: those
/// that use no vDSO, and those that could not be patched. A call that comes from the vDSO's own
/// function is let through: what it returns is shifted by the code that called it.
void answer_raw_read(const CallListener& listener, const HeldCall& call, CallOrigin origin,
                     const ClockSetting& setting) noexcept;

}  // namespace hitch
