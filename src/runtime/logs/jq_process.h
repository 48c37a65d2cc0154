#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "runtime/base/pidfd.h"
#include "runtime/jq/frame.h"
#include "runtime/process/exit_status.h"

namespace hitch {

/// A running hitch-jq. Ends with this object, and with the thread that has started it. Killed and
/// reaped on destruction.
class JqProcess {
 public:
  /// @param program  path of hitch-jq
  /// @return an Error if it cannot be executed
  static Result<JqProcess> start(const std::filesystem::path& program);

  JqProcess(JqProcess&&) noexcept = default;
  JqProcess& operator=(JqProcess&& other) noexcept;
  ~JqProcess() { (void)end(); }

  /// Sends a question and waits for the answer, as nothing else of this thread goes on meanwhile.
  /// @return an Error if there is none: of kind kTimeout at the deadline, else one that says how
  ///         the process has ended. It is gone then, and no more can be asked.
  Result<Frame> ask(FrameKind kind, std::string_view payload, const Deadline& deadline);

 private:
  JqProcess(UniqueFd socket, Pidfd process) noexcept
      : socket_(std::move(socket)), process_(std::move(process)) {}
  std::optional<ExitStatus> end();

  UniqueFd socket_;  ///< open as long as something may be asked
  Pidfd process_;    ///< open until it has been reaped
};

}  // namespace hitch
