// hitch-jq: runs one jq filter for hitch, which may kill it at any time. Takes the filter and then
// lines as frames on its standard input, a socket, on which it answers too. Ends with its caller.

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "runtime/base/raw_write.h"
#include "runtime/jq/frame.h"
#include "runtime/jq/program.h"

namespace hitch {
namespace {

constexpr int kSocket = STDIN_FILENO;

/// Of a caller that died before prctl(2) there will be no signal, but its end of the socket has
/// been closed: the kernel does that first.
bool die_with_caller() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  pollfd caller{kSocket, 0, 0};
  return ::poll(&caller, 1, 0) >= 0 && (caller.revents & (POLLHUP | POLLERR)) == 0;
}

/// A filter that crashes libjq is an answer too, and no reason to fill the disk.
void leave_no_core() {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
}

int answer(FrameKind kind, std::string_view payload = {}) {
  return send_frame(kSocket, kind, payload, nullptr);
}

/// What cannot travel back is no value.
int answer_line(JqProgram& program, const Frame& line) {
  if (line.kind == FrameKind::kTestLine) {
    return answer(program.matches(line.payload) ? FrameKind::kMatch : FrameKind::kNoMatch);
  }
  const auto value = program.first_match(line.payload);
  if (!value || value->size() > kFrameLimitBytes) return answer(FrameKind::kNoMatch);
  return answer(FrameKind::kMatch, *value);
}

/// @return errno, EPIPE when the caller wants no more
int serve() {
  Frame asked;
  if (const int err = receive_frame(kSocket, asked, nullptr); err != 0) return err;
  if (asked.kind != FrameKind::kFilter) return EPROTO;
  JqProgram program;
  const std::string wrong = program.compile(asked.payload);
  if (!wrong.empty()) return answer(FrameKind::kRefused, wrong);
  int err = answer(FrameKind::kCompiled);
  while (err == 0) {
    err = receive_frame(kSocket, asked, nullptr);
    if (err == 0) err = answer_line(program, asked);
  }
  return err;
}

}  // namespace
}  // namespace hitch

int main() {
  hitch::leave_no_core();
  if (!hitch::die_with_caller()) return 1;
  const int err = hitch::serve();
  if (err == 0 || err == EPIPE) return 0;
  if (err == ENOTSOCK) {
    constexpr std::string_view kWhy = "hitch-jq: is for hitch to start, with a socket as input\n";
    (void)hitch::write_fully(STDERR_FILENO, kWhy);
  }
  return 2;
}
