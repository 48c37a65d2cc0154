#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hitch {

/// The code that is put behind a program's vDSO (the folder blob/), as the build has linked it:
/// runs at any address. A BlobHeader stands in front. Offsets are from the start of that.
struct ClockBlob {
  std::span<const unsigned char> bytes;
  std::uint64_t clock_gettime, gettimeofday, time;
  std::uint64_t boot;
};

const ClockBlob& clock_blob() noexcept;

}  // namespace hitch
