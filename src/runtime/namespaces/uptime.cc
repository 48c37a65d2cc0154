#include "runtime/namespaces/uptime.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/raw_write.h"

namespace hitch {

namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

/// The files of a process that is not dumpable belong to nobody here, so that even itself may not
/// write them. proc(5)
class DumpableMeanwhile {
 public:
  DumpableMeanwhile() noexcept : before_(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)) {
    (void)::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  }
  DumpableMeanwhile(const DumpableMeanwhile&) = delete;
  DumpableMeanwhile& operator=(const DumpableMeanwhile&) = delete;
  ~DumpableMeanwhile() {
    if (before_ == 0) (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  }

 private:
  int before_;
};

/// What has to be added to a clock so that it shows `uptime` now. `nsec` is never negative.
timespec offset_to(clockid_t clock, std::uint64_t uptime_ms) noexcept {
  timespec now{};
  (void)::clock_gettime(clock, &now);
  const auto part = static_cast<std::int64_t>(uptime_ms % 1000) * 1'000'000 - now.tv_nsec;
  const std::int64_t borrowed = part < 0 ? 1 : 0;
  const auto seconds = static_cast<std::int64_t>(uptime_ms / 1000) - now.tv_sec - borrowed;
  return {.tv_sec = seconds, .tv_nsec = part + borrowed * kNanosPerSecond};
}

class Line {
 public:
  Line& add(std::string_view text) noexcept {
    for (const char c : text) *end_++ = c;
    return *this;
  }
  Line& add(std::int64_t number) noexcept {
    end_ = std::to_chars(end_, text_.data() + text_.size(), number).ptr;
    return *this;
  }
  std::string_view text() const noexcept { return {text_.data(), end_}; }

 private:
  std::array<char, 128> text_;  // two names and four numbers
  char* end_ = text_.data();
};

}  // namespace

int set_uptime_of_children(std::uint64_t milliseconds) noexcept {
  const DumpableMeanwhile dumpable;
  const UniqueFd file(::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) return errno;
  const timespec monotonic = offset_to(CLOCK_MONOTONIC, milliseconds);
  const timespec boot = offset_to(CLOCK_BOOTTIME, milliseconds);
  Line line;
  line.add("monotonic ").add(monotonic.tv_sec).add(" ").add(monotonic.tv_nsec).add("\n");
  line.add("boottime ").add(boot.tv_sec).add(" ").add(boot.tv_nsec).add("\n");
  return write_fully(file.get(), line.text());
}

}  // namespace hitch
