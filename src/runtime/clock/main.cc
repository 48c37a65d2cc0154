// hitch-clock: keeps the clock of one bundle for hitch, which may kill it at any time. Standard
// input is the channel (clock_channel.h), standard output the listener of the bundle's system call
// filter. Arguments: the pid of the bundle's init, the user and the group that it is to be, and, if
// some of the bundle's processes keep the machine's clock, "exceptions". Ends with its caller, or
// with the bundle.

#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/raw_write.h"
#include "runtime/base/text.h"
#include "runtime/clock/clock_responder.h"

namespace hitch {
namespace {

/// Root may have lost the right to look into somebody else's programs, whose own user has it.
bool become(uid_t user, gid_t group) {
  if (user == ::geteuid()) return true;
  return ::setgroups(0, nullptr) == 0 && ::setresgid(group, group, group) == 0 &&
         ::setresuid(user, user, user) == 0;
}

/// Of a caller that died before prctl(2) there will be no signal, but its end of the channel has
/// been closed: the kernel does that first.
bool die_with_caller() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  pollfd caller{STDIN_FILENO, 0, 0};
  return ::poll(&caller, 1, 0) >= 0 && (caller.revents & (POLLHUP | POLLERR)) == 0;
}

Status keep_clock(pid_t init, bool exceptions) {
  HITCH_TRY(auto page, ClockPage::create());
  HITCH_TRY(auto responder, ClockResponder::create(UniqueFd(STDOUT_FILENO), UniqueFd(STDIN_FILENO),
                                                   std::move(page), init));
  if (exceptions) responder.expect_exceptions();
  return responder.run();
}

/// In the bundle, to see whether it sees the bundle's time: clock_probe.h
int tell_time() {
  timespec now{};
  (void)::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t seconds = now.tv_sec;
  const ssize_t n = ::write(STDOUT_FILENO, &seconds, sizeof seconds);
  return n == static_cast<ssize_t>(sizeof seconds) ? 0 : 1;
}

}  // namespace
}  // namespace hitch

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "probe") return hitch::tell_time();
  const bool exceptions = argc == 5 && std::string_view(argv[4]) == "exceptions";
  std::optional<pid_t> init;
  std::optional<uid_t> user, group;
  if (argc == 4 || exceptions) {
    init = hitch::parse_number<pid_t>(argv[1]);
    user = hitch::parse_number<uid_t>(argv[2]);
    group = hitch::parse_number<gid_t>(argv[3]);
  }
  if (!init || !user || !group) {
    constexpr std::string_view kWhy = "hitch-clock: is for hitch to start\n";
    (void)hitch::write_fully(STDERR_FILENO, kWhy);
    return 2;
  }
  if (!hitch::become(*user, *group)) return 1;
  if (!hitch::die_with_caller()) return 1;  // after that: another identity undoes it. prctl(2)
  const auto status = hitch::keep_clock(*init, exceptions);
  if (!status) (void)hitch::write_fully(STDERR_FILENO, status.error().message());
  return status ? 0 : 1;
}
