#include "cli/log_watch.h"

#include <poll.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/logs/log_file.h"

namespace hitch {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSoon{1};
/// How long nothing need be seen that the kernel does not announce; and if it announces nothing.
constexpr milliseconds kSafetyNet{500}, kPolling{20};

}  // namespace

LogWatch::LogWatch(const Run& run, int output, int input)
    : runtime_(run.runtime),
      events_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      output_(output),
      input_(input) {
  if (events_.is_open()) {
    const auto log = run.state / kLogFileName;
    watches_log_ = ::inotify_add_watch(events_.get(), log.c_str(), IN_MODIFY) >= 0;
    // The lease is removed by a supervisor that ends, and closed by the death of one.
    of_runtime_ = ::inotify_add_watch(events_.get(), runtime_.c_str(),
                                      IN_CLOSE_WRITE | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR);
  }
  pause_ = kSoon;
}

LogWatch::Wake LogWatch::wait(const std::optional<Deadline>& deadline) {
  std::array<pollfd, 3> files{pollfd{events_.get(), POLLIN, 0}, pollfd{output_, 0, 0},
                              pollfd{input_, 0, 0}};
  const auto patience = next_look(deadline);
  const int ready = ::poll(files.data(), files.size(), static_cast<int>(patience.count()));
  if (ready <= 0) return Wake::kLook;
  if ((files[1].revents & (POLLERR | POLLHUP)) != 0) return Wake::kReaderGone;
  take_events();
  return Wake::kLook;
}

bool LogWatch::input_has_ended() const noexcept {
  pollfd file{input_, 0, 0};
  return ::poll(&file, 1, 0) > 0 && file.revents != 0;
}

/// Looks come soon after something has happened, then less and less often.
milliseconds LogWatch::next_look(const std::optional<Deadline>& deadline) {
  const auto patience = pause_;
  pause_ = std::min(pause_ * 2, watches_log_ ? kSafetyNet : kPolling);
  constexpr milliseconds kMost{60'000};
  return deadline ? std::min({patience, deadline->left(), kMost}) : patience;
}

void LogWatch::saw_something() noexcept {
  if (!watches_log_) pause_ = kSoon;
}

void LogWatch::take_events() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = ::read(events_.get(), buffer.data(), buffer.size());
    if (n <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += sizeof event + event.len;
      // A dying process closes the lease a moment before the kernel lets go of the lock.
      if (event.wd == of_runtime_) pause_ = kSoon;
    }
    if (static_cast<std::size_t>(n) < buffer.size() / 2) return;
  }
}

}  // namespace hitch
