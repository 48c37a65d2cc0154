#include "runtime/clock/clock_blob.h"

namespace hitch {

namespace {

#include "clock_blob_bytes.inc"

}  // namespace

const ClockBlob& clock_blob() noexcept {
  static_assert(k_header == 0);
  static constexpr ClockBlob kBlob{kBytes, k_clock_gettime, k_gettimeofday, k_time, k_boot};
  return kBlob;
}

}  // namespace hitch
