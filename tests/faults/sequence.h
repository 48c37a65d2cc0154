#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "integration/harness/hitch_test.h"

namespace hitch::testing {

/// One random life of a bundle: which bundle, what goes wrong in the system calls of hitch and of
/// init, what is short, and what is sent to whom when. The same seed and number give the same one.
struct Sequence {
  enum class Victim { kNobody, kHitch, kInit, kBoth };

  std::uint64_t seed = 0, number = 0;
  std::string bundle;              ///< a bundle file
  std::vector<std::string> rules;  ///< for the injector
  std::vector<std::string> shell;  ///< what a shell says before it executes the injector
  bool own_mounts = false;         ///< the shell has a mount namespace of its own
  bool stops_init = false;         ///< init gets SIGSTOP before the signal
  int signal = 0;                  ///< 0: none
  Victim victim = Victim::kNobody;
  std::chrono::microseconds delay{0};  ///< of the signal, from the start
  std::vector<std::string> faults;     ///< kinds of faults, for the table at the end

  static Sequence make(std::uint64_t seed, std::uint64_t number);
  std::string describe() const;
};

}  // namespace hitch::testing
