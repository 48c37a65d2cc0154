#include "runtime/logs/jq_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "runtime/process/helper.h"

namespace hitch {

namespace {

/// How long the kernel may take to end what was killed: it frees memory. A process that hangs in
/// the kernel is left to it.
constexpr int kReapMilliseconds = 1000;
/// Of a program whose libraries are missing. ld.so(8)
constexpr int kNotLoaded = 127;

Error explain_end(const std::optional<ExitStatus>& status) {
  if (!status) return Error::because("hitch-jq has ended");
  if (*status == ExitStatus::exited(kNotLoaded)) {
    return Error::because("load hitch-jq: a library is missing")
        .with_hint("install the package libjq1 (Debian, Ubuntu) or the library of jq 1.6 or later");
  }
  return Error::because("hitch-jq " + status->text());
}

}  // namespace

Result<JqProcess> JqProcess::start(const std::filesystem::path& program) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error::from_errno(errno, "create a socket pair");
  }
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  // libjq writes to its standard error what an Error shall not say twice.
  HITCH_TRY(auto process, start_helper(program, {"hitch-jq"}, {theirs.get(), -1, -1}));
  return JqProcess(std::move(ours), std::move(process));
}

JqProcess& JqProcess::operator=(JqProcess&& other) noexcept {
  (void)end();
  socket_ = std::move(other.socket_);
  process_ = std::move(other.process_);
  return *this;
}

Result<Frame> JqProcess::ask(FrameKind kind, std::string_view payload, const Deadline& deadline) {
  if (!socket_.is_open()) return explain_end(std::nullopt);
  Frame answer;
  int err = send_frame(socket_.get(), kind, payload, &deadline);
  if (err == 0) err = receive_frame(socket_.get(), answer, &deadline);
  if (err == 0) return answer;
  const auto status = end();
  if (err == EPIPE) return explain_end(status);
  if (err == ETIMEDOUT) return Error::because("hitch-jq did not answer", Kind::kTimeout);
  return Error::from_errno(err, "talk to", "hitch-jq");
}

/// Kills the process, unless it has ended, and reaps it.
std::optional<ExitStatus> JqProcess::end() {
  socket_.reset();
  const Pidfd process = std::move(process_);
  if (!process.is_open()) return std::nullopt;
  (void)process.send_signal(SIGKILL);  // of one that has ended it changes nothing
  pollfd ended{process.get(), POLLIN, 0};
  while (::poll(&ended, 1, kReapMilliseconds) < 0 && errno == EINTR) {
  }
  return reap(process);
}

}  // namespace hitch
