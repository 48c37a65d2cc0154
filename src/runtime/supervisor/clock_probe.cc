#include "runtime/supervisor/clock_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "runtime/clock/clock_page.h"

namespace hitch {

namespace {

constexpr std::int64_t kShift = -1000LL * 86'400;
/// How long the program may take, and how far its time may be off for that.
constexpr std::int64_t kTolerance = 600;
constexpr Milliseconds kPatience{10'000};

Result<UniqueFd> open_file(const char* path, int flags) {
  UniqueFd file(::open(path, flags | O_CLOEXEC));
  if (!file.is_open()) return Error::from_errno(errno, "open", path);
  return file;
}

Task<Done> await_end(std::shared_ptr<BundleProcess> process) {
  const auto limit = Clock::now() + kPatience;
  while (!process->ended && Clock::now() < limit) {
    HITCH_CO_CHECK(co_await process->changed.wait_until(limit));
  }
  if (!process->ended) co_return Error::because("a program did not get through its start");
  if (process->ended->code() == 0) co_return Done{};
  co_return Error::because("a program " + process->ended->text());
}

Status check_seen(int pipe) {
  std::int64_t seen = 0;
  if (::read(pipe, &seen, sizeof seen) != static_cast<ssize_t>(sizeof seen)) {
    return Error::because("a program could not tell the time");
  }
  const std::int64_t real = real_now().sec;
  if (std::abs(seen - (real + kShift)) <= kTolerance) return Done{};
  return Error::because(std::abs(seen - real) <= kTolerance
                            ? "a program saw the machine's time all the same"
                            : "a program saw neither the machine's time nor the bundle's");
}

}  // namespace

Task<Done> probe_clock(InitLink* link, VdsoTime* time, std::string program) {
  ClockSetting shifted;
  shifted.mode = ClockMode::kShift;
  shifted.shift.sec = kShift;
  HITCH_CO_CHECK(co_await time->put_in_force(shifted));
  HITCH_CO_TRY(const auto code, open_file(program.c_str(), O_RDONLY));
  HITCH_CO_TRY(const auto null_device, open_file("/dev/null", O_RDWR));
  HITCH_CO_TRY(auto pipe, Pipe::create(O_NONBLOCK));
  LaunchRequest launch;
  launch.argv = {"hitch-clock", "probe"};
  launch.programs = {"/proc/self/fd/0"};  // the bundle need not see it
  launch.directory = "/";
  launch.stdio = {code.get(), pipe.write_end.get(), null_device.get()};
  HITCH_CO_TRY(auto process, co_await link->launch(std::move(launch)));
  HITCH_CO_CHECK(co_await await_end(std::move(process)));
  co_return check_seen(pipe.read_end.get());
}

}  // namespace hitch
