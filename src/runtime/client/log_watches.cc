#include "runtime/client/log_watches.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace hitch {

namespace {

constexpr std::size_t kMostIdle = 8;
// What no event tells, as on some network file systems, is seen by a look now and then.
constexpr Milliseconds kSafetyNet{250};
constexpr Milliseconds kWithoutEvents{10};

UniqueFd watch_of(const std::filesystem::path& file) {
  UniqueFd events(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (events.is_open() && ::inotify_add_watch(events.get(), file.c_str(), IN_MODIFY) < 0) {
    events.reset();
  }
  return events;
}

}  // namespace

LogWatches::Watch LogWatches::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto events = std::move(idle_.back());
      idle_.pop_back();
      return {*this, std::move(events)};
    }
  }
  return {*this, watch_of(file_)};
}

LogWatches::Watch::~Watch() {
  if (!events_.is_open()) return;
  const std::lock_guard lock(from_->mutex_);
  // What it may know already makes its next user look once more.
  if (from_->idle_.size() < kMostIdle) from_->idle_.push_back(std::move(events_));
}

void LogWatches::Watch::wait(int wake_fd, const std::optional<Deadline>& deadline) {
  Milliseconds patience = events_.is_open() ? kSafetyNet : kWithoutEvents;
  if (deadline) patience = std::min(patience, deadline->left());
  std::array fds{pollfd{events_.get(), POLLIN, 0}, pollfd{wake_fd, POLLIN, 0}};
  if (::poll(fds.data(), fds.size(), static_cast<int>(patience.count())) <= 0) return;
  if (fds[0].revents == 0) return;
  std::array<char, 4096> events;  // what is left makes one more look
  (void)!::read(events_.get(), events.data(), events.size());
}

}  // namespace hitch
