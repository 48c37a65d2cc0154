#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <vector>

#include "runtime/base/deadline.h"
#include "runtime/base/fd.h"

namespace hitch {

/// Watches of one file, which tell when it may have grown. inotify(7)
///
/// They are used again: the kernel takes milliseconds to end one, for which nobody shall wait who
/// has just seen the line that was waited for.
class LogWatches {
 public:
  explicit LogWatches(std::filesystem::path file) : file_(std::move(file)) {}

  /// One watch, for one thread; goes back where it came from.
  class Watch {
   public:
    Watch(LogWatches& from, UniqueFd events) : from_(&from), events_(std::move(events)) {}
    Watch(Watch&& other) noexcept = default;
    Watch& operator=(Watch&&) = delete;
    ~Watch();

    /// Until the file may have grown, `wake_fd` is readable, the deadline has passed, or a moment
    /// has.
    void wait(int wake_fd, const std::optional<Deadline>& deadline);

   private:
    LogWatches* from_;
    UniqueFd events_;  ///< closed: the kernel grants none, so look again and again
  };
  Watch take();

 private:
  std::filesystem::path file_;
  std::mutex mutex_;
  std::vector<UniqueFd> idle_;
};

}  // namespace hitch
