#pragma once

#include <stddef.h>
#include <stdint.h>

#include <compare>

namespace hitch {

// What the clock page and the code that hitch puts into programs look like in memory. Plain data
// with a fixed layout: the supervisor writes it, and code that has no library behind it reads it.

/// A point in time, or a span. Seconds and nanoseconds are apart, as nanoseconds alone would end in
/// the year 2262. `nsec` is 0 to 999'999'999, for a negative time too: -0.5 s is {-1, 500'000'000}.
struct ClockTime {
  int64_t sec = 0;
  int64_t nsec = 0;
  friend constexpr bool operator==(const ClockTime&, const ClockTime&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes it for a pointer.
  friend constexpr auto operator<=>(const ClockTime&, const ClockTime&) = default;
};

enum class ClockMode : uint32_t {
  kReal,    ///< the machine's time
  kShift,   ///< real + shift; fake_anchor is when it began
  kFrozen,  ///< fake_anchor, always
  kRate,    ///< fake_anchor + (real - real_anchor) * rate
};

/// How a bundle's wall clock follows from the machine's. One cache line.
struct ClockSetting {
  ClockMode mode = ClockMode::kReal;
  uint32_t reserved = 0;
  ClockTime shift;
  ClockTime real_anchor, fake_anchor;
  uint64_t rate = 0;  ///< fixed point: 1 << 32 is one bundle second in a real one
  friend constexpr bool operator==(const ClockSetting&, const ClockSetting&) = default;
};

/// The page that every process of a bundle has mapped. The setting in force is slot[seq & 1]; the
/// writer fills the other one and then adds one to seq. So a reader never waits for a writer, even
/// for one that was killed in the middle.
struct ClockPageLayout {
  uint64_t magic;
  uint64_t version;
  uint64_t pad0[6];
  uint64_t seq;
  uint64_t pad1[7];
  ClockSetting slot[2];
};

inline constexpr uint64_t kClockPageMagic = 0x6b636f6c63686374;
inline constexpr uint64_t kClockPageVersion = 1;
inline constexpr uint64_t kClockPageBytes = 4096;

/// What stands in front of the code that is put behind a program's vDSO. Only hitch writes it.
struct BlobHeader {
  uint64_t magic;     ///< kBlobMagic: the code is there
  uint64_t page;      ///< where the clock page is, or shall be, mapped; 0: it is not
  uint64_t original;  ///< the vDSO's own clock_gettime
  uint64_t resume;    ///< where the program goes on after boot
  uint8_t saved[16];  ///< what stood at `resume` before the jump to boot did
  uint64_t reserved[2];
};

inline constexpr uint64_t kBlobMagic = 0x626f6c6268637469;

/// close(2) of these two, which no program has open, is how boot talks to hitch: nearly every
/// sandbox allows close, and without hitch it does nothing.
inline constexpr uint32_t kCloseToGetPage = 0xfc10c001U;  ///< returns a descriptor of the page
inline constexpr uint32_t kCloseToSetPage =
    0xfc10c002U;  ///< second argument: where it is mapped after all, or 0

static_assert(sizeof(ClockSetting) == 64 && sizeof(BlobHeader) == 64);
static_assert(offsetof(ClockPageLayout, seq) == 0x40 && offsetof(ClockPageLayout, slot) == 0x80);

}  // namespace hitch
