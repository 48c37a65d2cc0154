#include "runtime/client/run_output.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "runtime/base/deadline.h"
#include "runtime/client/quiet_thread.h"

namespace hitch {

namespace {

// How long what a command left behind may go on writing, and be silent between two writes.
constexpr Milliseconds kPatience{1000};
constexpr Milliseconds kSilence{100};

}  // namespace

Result<std::unique_ptr<RunOutput>> RunOutput::create() {
  HITCH_TRY(auto pipe, Pipe::create());
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop.is_open()) return Error::from_errno(errno, "create an eventfd");
  return std::unique_ptr<RunOutput>(new RunOutput(std::move(pipe), std::move(stop)));
}

RunOutput::~RunOutput() {
  (void)take();
}

Status RunOutput::begin() {
  pipe_.write_end.reset();
  HITCH_TRY(reader_, start_quiet_thread([this] { read_all(); }));
  return Done{};
}

void RunOutput::read_all() {
  std::array<char, 64 * 1024> buffer;
  std::array fds{pollfd{pipe_.read_end.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  std::optional<Deadline> end;
  for (;;) {
    if (!end && fds[1].revents != 0) end = Deadline::in(kPatience);
    const auto patience = end ? std::min(kSilence, end->left()) : Milliseconds(-1);
    const int ready = ::poll(fds.data(), end ? 1 : 2, static_cast<int>(patience.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return;
    if (fds[0].revents == 0) continue;
    const ssize_t n = ::read(pipe_.read_end.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text_.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

std::string RunOutput::take() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  if (reader_.joinable()) reader_.join();
  return std::move(text_);
}

}  // namespace hitch
