#include "cli/log_output.h"

#include <climits>

#include "runtime/base/raw_write.h"

namespace hitch {

namespace {

constexpr std::size_t kBulkBytes = std::size_t{128} << 10;

}  // namespace

LogOutput::LogOutput(int fd, Pace pace)
    : fd_(fd), limit_(pace == Pace::kBulk ? kBulkBytes : PIPE_BUF) {}

Status LogOutput::end_line() {
  if (batch_.size() > limit_) {
    HITCH_CHECK(write_first(whole_));
    if (batch_.size() >= limit_) return flush();  // a line that is longer than a batch
  }
  whole_ = batch_.size();
  return Done{};
}

Status LogOutput::flush() {
  return write_first(batch_.size());
}

Status LogOutput::write_first(std::size_t size) {
  if (size == 0) return Done{};
  const int err = write_fully(fd_, std::string_view(batch_).substr(0, size));
  batch_.erase(0, size);
  whole_ = 0;
  if (err != 0) return Error::from_errno(err, "print the log");
  return Done{};
}

}  // namespace hitch
