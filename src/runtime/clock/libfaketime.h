#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/clock/bundle_clock.h"

namespace hitch {

/// The library that takes the place of libc's clock functions in programs which load libraries:
/// what is left where the kernel refuses the vDSO's change. faketime(1), docs/time.md
struct Libfaketime {
  std::string path;
  bool is_old = false;  ///< before 0.9.11
};

/// @return an Error with what to install if there is none
Result<Libfaketime> find_libfaketime();

/// Whether the library can show such a clock to programs that run already.
Status can_show(const BundleClock& clock);

/// What has to be in its clock file for a clock that can_show().
std::string clock_file_text(const ClockSetting& setting);

/// Adds to an environment what makes a program load the library and look at the clock file at each
/// reading. A preload that is there stays.
void preload(const Libfaketime& library, const std::string& clock_file,
             std::vector<std::string>& environment);

/// @param program  its path on the host
/// @return an Error for one that is known to hang or fail with this version of the library
Status check_pair(const Libfaketime& library, const std::string& program);

enum class Reach {
  kReachable,  ///< as far as can be told
  kStatic,     ///< loads no libraries, so that nothing can be preloaded
  kOtherLibc,  ///< would fail to load the library: musl's
};
/// Whether a program can be made to load the library, by its file. elf(5)
Reach reach_of(const std::string& path);

}  // namespace hitch
