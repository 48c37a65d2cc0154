#include "cli/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <string>

namespace hitch {

namespace {

/// What a pipe takes at once when poll says that there is room. pipe(7)
constexpr std::size_t kRoomAfterPoll = 4096;

}  // namespace

Result<LineWriter> LineWriter::open(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return Error::from_errno(errno, "look at the output");
  HITCH_TRY(auto copy, duplicate(fd));
  if (S_ISSOCK(info.st_mode)) return LineWriter(std::move(copy), Kind::kSocket);
  if (!S_ISFIFO(info.st_mode) && ::isatty(fd) == 0) return LineWriter(std::move(copy), Kind::kFile);
  // O_NONBLOCK on the caller's open file would hit everybody who shares it, such as the shell.
  // Opening the same pipe or terminal again gives an open file of our own.
  const auto path = std::string("/proc/self/fd/").append(std::to_string(fd));
  UniqueFd own(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (own.is_open()) return LineWriter(std::move(own), Kind::kNonBlocking);
  return LineWriter(std::move(copy), Kind::kBlocking);
}

LineWriter::Outcome LineWriter::write(std::string_view bytes) const {
  if (kind_ == Kind::kBlocking) {
    pollfd room{fd_.get(), POLLOUT, 0};
    if (::poll(&room, 1, 0) == 0) return {.err = EAGAIN};
    bytes = bytes.substr(0, kRoomAfterPoll);
  }
  for (;;) {
    const ssize_t n = kind_ == Kind::kSocket ? ::send(fd_.get(), bytes.data(), bytes.size(),
                                                      MSG_DONTWAIT | MSG_NOSIGNAL)
                                             : ::write(fd_.get(), bytes.data(), bytes.size());
    if (n >= 0) return {.written = static_cast<std::size_t>(n)};
    if (errno != EINTR) return {.err = errno};
  }
}

NoSignals::NoSignals() noexcept {
  sigset_t pending;
  had_pipe_signal_ = ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGPIPE) == 1;
}

NoSignals::~NoSignals() {
  if (had_pipe_signal_) return;
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  const timespec now{};
  (void)::sigtimedwait(&pipe, nullptr, &now);
}

}  // namespace hitch
