// What hitch puts behind the vDSO of a program: its clock functions, computed from the clock page.
// Runs inside of programs that know nothing of it: no library, no data that can be written, no
// floating point registers, no address that has to be relocated.

#include "runtime/clock/blob/system_calls.h"
#include "runtime/clock/clock_arithmetic.h"

namespace hitch::blob {

namespace {

// As the kernel's ABI has them; <time.h> is not for freestanding code.
struct TimeSpec {
  long sec, nsec;
};
struct TimeVal {
  long sec, usec;
};
using ClockGettime = long (*)(int, TimeSpec*);

/// CLOCK_REALTIME, _REALTIME_COARSE, _REALTIME_ALARM and _TAI, as bits. clock_gettime(2)
constexpr unsigned kWallClocks = 1U << 0 | 1U << 5 | 1U << 8 | 1U << 11;
constexpr int kRealtime = kClockRealtime, kRealtimeCoarse = kClockRealtimeCoarse;
constexpr unsigned long kProtRead = 1, kMapShared = 1, kMapFixedNoreplace = 0x100000;
constexpr unsigned long kLargestError = 4095;  // -1 to -4095, as an address

bool is_wall_clock(int clock) noexcept {
  return static_cast<unsigned>(clock) < 12 && (kWallClocks >> clock & 1) != 0;
}

}  // namespace

extern "C" {

/// In front of everything, and filled in by hitch. Not const here, or the compiler would know it.
extern BlobHeader hitch_blob_header __attribute__((visibility("hidden")));

#define HITCH_BLOB_ENTRY __attribute__((visibility("hidden"), used))

HITCH_BLOB_ENTRY long hitch_blob_clock_gettime(int clock, TimeSpec* out) noexcept {
  // NOLINTBEGIN(performance-no-int-to-ptr): hitch writes these addresses from outside.
  const auto original = reinterpret_cast<ClockGettime>(hitch_blob_header.original);
  const auto* const page = reinterpret_cast<const ClockPageLayout*>(hitch_blob_header.page);
  // NOLINTEND(performance-no-int-to-ptr)
  if (!is_wall_clock(clock)) return original(clock, out);
  if (page == nullptr) {  // boot failed: hitch answers the system call itself
    return system_call(kClockGettime, static_cast<unsigned long>(clock),
                       reinterpret_cast<unsigned long>(out));
  }
  for (;;) {
    const auto seq = __atomic_load_n(&page->seq, __ATOMIC_ACQUIRE);
    const ClockSetting& setting = page->slot[seq & 1];
    TimeSpec real{};
    // Between the two loads, so that a time never mixes two settings.
    if (const long error = original(clock_to_read(setting, clock), &real); error != 0) return error;
    const ClockTime fake = fake_reading(setting, clock, {real.sec, real.nsec});
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&page->seq, __ATOMIC_RELAXED) != seq) continue;
    out->sec = fake.sec;
    out->nsec = fake.nsec;
    return 0;
  }
}

HITCH_BLOB_ENTRY long hitch_blob_gettimeofday(TimeVal* out, void* zone) noexcept {
  if (out != nullptr) {
    TimeSpec now{};
    if (const long error = hitch_blob_clock_gettime(kRealtime, &now); error != 0) return error;
    out->sec = now.sec;
    out->usec = static_cast<long>(static_cast<unsigned>(now.nsec) / 1000U);
  }
  if (zone == nullptr) return 0;
  return system_call(kGettimeofday, 0, reinterpret_cast<unsigned long>(zone));
}

HITCH_BLOB_ENTRY long hitch_blob_time(long* out) noexcept {
  TimeSpec now{};
  if (const long error = hitch_blob_clock_gettime(kRealtimeCoarse, &now); error != 0) return error;
  if (out != nullptr) *out = now.sec;
  return now.sec;
}

/// Called once by boot, before the program's own code: maps the clock page, where hitch has said in
/// the header. What fails leaves the header without a page, which is slow and right.
HITCH_BLOB_ENTRY void hitch_blob_init() noexcept {
  const long fd = system_call(kClose, kCloseToGetPage);
  if (fd < 0) return;
  const auto map = [fd](unsigned long where, unsigned long flags) {
    return static_cast<unsigned long>(system_call(kMmap, where, kClockPageBytes, kProtRead, flags,
                                                  static_cast<unsigned long>(fd), 0));
  };
  const unsigned long wanted = hitch_blob_header.page;
  unsigned long at = map(wanted, kMapShared | kMapFixedNoreplace);
  if (at > -kLargestError - 1) at = map(0, kMapShared);  // something else is there
  (void)system_call(kClose, static_cast<unsigned long>(fd));
  if (at == wanted) return;
  // Also if there is none: so it is known that this program will be slow.
  (void)system_call(kClose, kCloseToSetPage, at < -kLargestError ? at : 0);
}

}  // extern "C"

}  // namespace hitch::blob
