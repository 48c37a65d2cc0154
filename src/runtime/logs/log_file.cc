#include "runtime/logs/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace hitch {

Result<std::shared_ptr<LogFile>> LogFile::open(const std::filesystem::path& dir) {
  const auto path = dir / kLogFileName;
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));
  if (!fd.is_open()) return Error::from_errno(errno, "open log", path.native());
  return std::make_shared<LogFile>(std::move(fd), path.native());
}

LogFile::LogFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

Result<std::uint64_t> LogFile::end() const {
  if (const auto told = end_.load(std::memory_order_acquire); told != kUnknown) return told;
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) return Error::from_errno(errno, "look at log", name_);
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::size_t> LogFile::read(std::uint64_t offset, std::span<char> into) const {
  std::size_t total = 0;
  while (total < into.size()) {
    const ssize_t n = ::pread(fd_.get(), into.data() + total, into.size() - total,
                              static_cast<off_t>(offset + total));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::from_errno(errno, "read log", name_);
    if (n == 0) break;
    total += static_cast<std::size_t>(n);
  }
  return total;
}

const StreamKey* LogFile::find_stream(StreamId id) const {
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<std::size_t>(id);
  return index < streams_.size() ? &streams_[index] : nullptr;
}

bool LogFile::learn_stream(StreamId id, const StreamKey& key) {
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<std::size_t>(id);
  if (index < streams_.size()) return streams_[index] == key;
  if (index > streams_.size()) return false;
  streams_.push_back(key);
  return true;
}

void LogFile::note_streams_known(std::uint64_t offset) noexcept {
  auto known = known_.load(std::memory_order_acquire);
  while (known < offset && !known_.compare_exchange_weak(known, offset)) {
  }
}

Error LogFile::damaged_at(std::uint64_t offset, std::string_view what) const {
  return Error::because("log " + in_quotes(name_) + " is damaged at byte " +
                        std::to_string(offset) + ": " + std::string(what));
}

}  // namespace hitch
