#include "runtime/clock/clock_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace hitch {

namespace {

/// No time that is asked for is later or earlier: sums with it stay far from the ends of 64 bits.
constexpr int64_t kFarthestSecond = int64_t{1} << 42;
constexpr ClockTime kFirstReal{0, 1};  // {0, 0} would disarm a timer. timerfd_settime(2)

__extension__ using Wide = __int128;

/// The smallest span that is at least `span` divided by `rate`, for any rate that is not 0.
ClockTime divided(ClockTime span, uint64_t rate) noexcept {
  const Wide nanos = (Wide{span.sec} * kNanosPerSecond + span.nsec) << 32;
  const Wide divisor = Wide{rate};
  Wide quotient = nanos / divisor;
  if (nanos % divisor > 0) ++quotient;
  auto sec = static_cast<int64_t>(quotient / kNanosPerSecond);
  auto nsec = static_cast<int64_t>(quotient % kNanosPerSecond);
  if (nsec < 0) {
    nsec += kNanosPerSecond;
    --sec;
  }
  return {std::clamp(sec, -kFarthestSecond, kFarthestSecond), nsec};
}

ClockTime real_at_rate(const ClockSetting& setting, ClockTime fake) noexcept {
  const ClockTime span = difference(fake, setting.fake_anchor);
  const ClockTime first = sum(setting.real_anchor, divided(span, setting.rate));
  if (fake_from_real(setting, first) >= fake) return first;
  // scaled() rounds down by up to 2 ns.
  return sum(setting.real_anchor, divided(sum(span, {0, 2}), setting.rate));
}

}  // namespace

ClockTime real_now() noexcept {
  timespec now{};
  (void)::clock_gettime(CLOCK_REALTIME, &now);  // fails for no valid clock
  return {now.tv_sec, now.tv_nsec};
}

ClockTime fake_now(const ClockPageLayout& page) noexcept {
  for (;;) {
    const auto seq = __atomic_load_n(&page.seq, __ATOMIC_ACQUIRE);
    // Between the two loads, so that a time never mixes two settings.
    const ClockTime fake = fake_from_real(page.slot[seq & 1], real_now());
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&page.seq, __ATOMIC_RELAXED) == seq) return fake;
  }
}

std::optional<ClockTime> real_from_fake(const ClockSetting& setting, ClockTime fake) noexcept {
  fake.sec = std::clamp(fake.sec, -kFarthestSecond, kFarthestSecond);
  ClockTime real = fake;
  if (setting.mode == ClockMode::kFrozen) {
    if (fake > setting.fake_anchor) return std::nullopt;
    real = kFirstReal;
  } else if (setting.mode == ClockMode::kShift) {
    real = difference(fake, setting.shift);
  } else if (setting.mode == ClockMode::kRate) {
    real = real_at_rate(setting, fake);
  }
  return std::max(real, kFirstReal);
}

Result<ClockPage> ClockPage::create() {
  UniqueFd file(::memfd_create("hitch-clock", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.is_open()) return Error::from_errno(errno, "create the clock page");
  if (::ftruncate(file.get(), static_cast<off_t>(kClockPageBytes)) != 0) {
    return Error::from_errno(errno, "size the clock page");
  }
  void* const at =
      ::mmap(nullptr, kClockPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (at == MAP_FAILED) return Error::from_errno(errno, "map the clock page");
  ClockPage page(std::move(file), static_cast<ClockPageLayout*>(at));
  page.layout_->magic = kClockPageMagic;
  page.layout_->version = kClockPageVersion;
  // After the mapping: it is the last one that may write.
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  if (::fcntl(page.fd(), F_ADD_SEALS, seals) != 0) {
    return Error::from_errno(errno, "seal the clock page");
  }
  return page;
}

ClockPage::ClockPage(UniqueFd file, ClockPageLayout* layout) noexcept
    : file_(std::move(file)), layout_(layout) {}

ClockPage::ClockPage(ClockPage&& other) noexcept
    : file_(std::move(other.file_)), layout_(std::exchange(other.layout_, nullptr)) {}

ClockPage& ClockPage::operator=(ClockPage&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(layout_, other.layout_);
  return *this;
}

ClockPage::~ClockPage() {
  if (layout_ != nullptr) (void)::munmap(layout_, kClockPageBytes);
}

void ClockPage::publish(const ClockSetting& setting) noexcept {
  const uint64_t next = layout_->seq + 1;
  // A reader that sees any of what follows also sees that the last change has happened.
  __atomic_thread_fence(__ATOMIC_RELEASE);
  layout_->slot[next & 1] = setting;
  __atomic_store_n(&layout_->seq, next, __ATOMIC_RELEASE);
}

const ClockSetting& ClockPage::setting() const noexcept {
  return layout_->slot[layout_->seq & 1];
}

}  // namespace hitch
