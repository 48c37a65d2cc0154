#include "introspect/process_state.h"

#include <cerrno>

#include "introspect/machine.h"

namespace hitch::introspect {

Answer<Done> ProcessState::open_directory() {
  if (directory_.is_open()) return Done{};
  HITCH_TRY(directory_, ProcDir::open(pid_));
  return Done{};
}

Answer<const ProcDir*> ProcessState::directory() {
  if (!is_verified_) HITCH_CHECK(stat());
  return &directory_;
}

Answer<const Pidfd*> ProcessState::pidfd() {
  if (pidfd_.is_open()) return &pidfd_;
  HITCH_TRY(const auto* own, directory());
  auto opened = Pidfd::open(pid_);
  if (!opened) return own->failure(opened.error().err(), "open it");
  // As the process is still there, nobody else can have had the pid when that was opened.
  if (!own->exists()) return own->failure(ESRCH, "open it");
  pidfd_ = *std::move(opened);
  return &pidfd_;
}

Answer<const ProcStat*> ProcessState::stat() {
  if (keeps() && stat_) return &*stat_;
  HITCH_CHECK(open_directory());
  const auto text = directory_.read("stat", stat_text_);
  if (!text) {
    // One that has been seen before has gone. One that never was may be none of our business.
    if (is_verified_ || !is_hidden(pid_)) return text.error();
    return ProcessError(ProcessErrorKind::kAccessDenied, pid_, EACCES, "read 'stat'");
  }
  stat_ = parse_stat(*text);
  if (!stat_) return ProcessError(ProcessErrorKind::kOther, pid_, EBADMSG, "read 'stat'");
  if (start_ticks_ != 0 && stat_->start_time != start_ticks_) {
    directory_ = {};  // of another process
    return ProcessError(ProcessErrorKind::kNoSuchProcess, pid_, ESRCH, "read 'stat'");
  }
  is_verified_ = true;
  return &*stat_;
}

Answer<const ProcStatus*> ProcessState::status() {
  if (keeps() && status_) return &*status_;
  HITCH_TRY(const auto read, text("status"));
  status_ = parse_status(read);
  if (!status_) return ProcessError(ProcessErrorKind::kOther, pid_, EBADMSG, "read 'status'");
  return &*status_;
}

Answer<const MemoryInfo*> ProcessState::memory() {
  if (keeps() && memory_) return &*memory_;
  HITCH_TRY(const auto read, text("statm"));
  memory_ = parse_statm(read, page_bytes());
  if (!memory_) return ProcessError(ProcessErrorKind::kOther, pid_, EBADMSG, "read 'statm'");
  return &*memory_;
}

Answer<const std::vector<std::string>*> ProcessState::cmdline() {
  if (keeps() && cmdline_) return &*cmdline_;
  HITCH_TRY(const auto read, text("cmdline"));
  cmdline_ = split_cmdline(read);
  return &*cmdline_;
}

Answer<const std::vector<Descriptor>*> ProcessState::descriptors() {
  if (keeps() && descriptors_) return &*descriptors_;
  HITCH_TRY(const auto* own, directory());
  HITCH_TRY(descriptors_, read_descriptors(*own));
  return &*descriptors_;
}

Answer<std::string_view> ProcessState::text(const char* name) {
  HITCH_TRY(const auto* own, directory());
  auto read = own->read(name, text_);
  const bool has_none =
      !read && read.error().kind() == ProcessErrorKind::kOther && read.error().err() == ESRCH;
  return has_none ? std::string_view() : std::move(read);
}

Answer<Done> ProcessState::check_call(int err, const std::string& action) {
  HITCH_TRY(const auto* own, directory());
  if (err == 0 && own->exists()) return Done{};
  auto failure = own->failure(err == 0 ? ESRCH : err, action);
  if (failure.kind() != ProcessErrorKind::kOther || err != EINVAL) return failure;
  return ProcessError(ProcessErrorKind::kInvalidArgument, pid_, err, action);
}

void ProcessState::end() noexcept {
  if (--depth_ > 0) return;
  stat_.reset();
  status_.reset();
  memory_.reset();
  cmdline_.reset();
  descriptors_.reset();
}

}  // namespace hitch::introspect
