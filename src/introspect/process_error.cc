#include "introspect/process_error.h"

#include <cerrno>

namespace hitch::introspect {

namespace {

/// What a kind means; empty: errno says it.
std::string_view phrase(ProcessErrorKind kind) noexcept {
  switch (kind) {
    case ProcessErrorKind::kNoSuchProcess:
      return "there is no such process";
    case ProcessErrorKind::kZombieProcess:
      return "it is a zombie";
    case ProcessErrorKind::kTimeoutExpired:
      return "it has not ended in time";
    default:
      return {};
  }
}

}  // namespace

std::string_view kind_word(ProcessErrorKind kind) noexcept {
  switch (kind) {
    case ProcessErrorKind::kNoSuchProcess:
      return "NoSuchProcess";
    case ProcessErrorKind::kAccessDenied:
      return "AccessDenied";
    case ProcessErrorKind::kZombieProcess:
      return "ZombieProcess";
    case ProcessErrorKind::kTimeoutExpired:
      return "TimeoutExpired";
    case ProcessErrorKind::kInvalidArgument:
      return "InvalidArgument";
    case ProcessErrorKind::kOther:
      break;
  }
  return "Error";
}

ProcessError::ProcessError(ProcessErrorKind kind, pid_t pid, int err, const std::string& action)
    : kind_(kind), pid_(pid), err_(err), message_("process " + std::to_string(pid) + ": ") {
  message_ += action;
  const auto words = phrase(kind);
  if (!words.empty()) {
    message_.append(": ").append(words);
  } else if (err != 0) {
    message_ += ": " + errno_text(err);
  }
}

Error ProcessError::error() const {
  const auto kind = kind_ == ProcessErrorKind::kTimeoutExpired    ? Kind::kTimeout
                    : kind_ == ProcessErrorKind::kInvalidArgument ? Kind::kUsage
                                                                  : Kind::kEnvironment;
  return Error::because(message_, kind);
}

}  // namespace hitch::introspect
