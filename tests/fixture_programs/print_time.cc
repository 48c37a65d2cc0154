// Prints the clocks in nanoseconds: once, or every --interval MS for --count lines.
#include "fixture_programs/fixture.h"

namespace {

long long nanoseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  const long count = arguments.number("--count", 1);
  for (long i = 0; i < count; ++i) {
    if (i > 0) fixture::sleep_ms(arguments.number("--interval", 100));
    std::printf("realtime %lld monotonic %lld boottime %lld time %lld\n",
                nanoseconds(CLOCK_REALTIME), nanoseconds(CLOCK_MONOTONIC),
                nanoseconds(CLOCK_BOOTTIME), static_cast<long long>(std::time(nullptr)));
    std::fflush(stdout);
  }
  if (arguments.has("--stay")) fixture::stay();
  return 0;
}
