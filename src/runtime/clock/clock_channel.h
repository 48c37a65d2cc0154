#pragma once

#include <array>
#include <cstdint>

#include "runtime/clock/clock_layout.h"
#include "runtime/clock/exec_hook.h"

namespace hitch {

// What is said between whoever decides on a bundle's time and its responder, over a pair of
// sequenced-packet sockets. One packet is one message; the end of the socket ends the responder.

/// "Put this setting in force."
struct ClockCommand {
  std::uint32_t id = 0;  ///< comes back in the answer
  std::uint32_t reserved = 0;
  ClockSetting setting;
};

enum class ClockNewsKind : std::uint32_t {
  kInForce,  ///< the setting of command `id` holds for every reader, and whoever it wakes is awake
  kSlow,     ///< a program works, but each reading of the wall clock costs microseconds
  kUntouched,  ///< a program sees real time
  kRealWait,   ///< a program that waits for a time on the wall clock goes by the machine's
};

struct ClockNews {
  ClockNewsKind kind{};
  std::uint32_t id = 0;         ///< kInForce
  std::int32_t pid = 0;         ///< of a program, as the responder sees it
  std::int32_t err = 0;         ///< why, for a program
  std::array<char, 48> step{};  ///< what could not be done with it; ends with a zero
  std::array<char, 16> name{};  ///< of the program, as ps shows it; ends with a zero
};

}  // namespace hitch
