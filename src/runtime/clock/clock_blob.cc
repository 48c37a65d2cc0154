#include "runtime/clock/clock_blob.h"

namespace hitch {

namespace {

#include "clock_blob_bytes.inc"

}  // namespace

const ClockBlob& clock_blob() noexcept {
  static_assert(kHeader == 0);
  static constexpr ClockBlob kBlob{kBytes, kClockGettime, kGettimeofday, kTime, kBoot};
  return kBlob;
}

}  // namespace hitch
