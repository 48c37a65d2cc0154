#include "runtime/process/exit_status.h"

#include <sys/wait.h>

#include "runtime/base/text.h"

namespace hitch {

ExitStatus ExitStatus::from_wait(int status) noexcept {
  if (WIFSIGNALED(status)) return signaled(WTERMSIG(status), WCOREDUMP(status));
  return exited(WEXITSTATUS(status));
}

std::string ExitStatus::text() const {
  if (!by_signal()) return "exited with code " + std::to_string(code_);
  return "was killed by " + signal_name(signal_) + (core_dumped_ ? " (core dumped)" : "");
}

}  // namespace hitch
