#pragma once

#include <memory>
#include <string>
#include <thread>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace hitch {

/// Takes what a sub-command writes to a pipe, on a thread of its own.
class RunOutput {
 public:
  static Result<std::unique_ptr<RunOutput>> create();
  RunOutput(const RunOutput&) = delete;
  RunOutput& operator=(const RunOutput&) = delete;
  ~RunOutput();

  /// For the command; closed here once it has it.
  int write_fd() const noexcept { return pipe_.write_end.get(); }
  /// The command has the pipe: takes what comes.
  Status begin();
  /// The command has ended: all that it wrote. A process that it left behind may hold the pipe for
  /// ever, and is waited for only for a moment.
  std::string take();

 private:
  explicit RunOutput(Pipe pipe, UniqueFd stop) : pipe_(std::move(pipe)), stop_(std::move(stop)) {}
  void read_all();

  Pipe pipe_;
  UniqueFd stop_;  ///< an eventfd: the command has ended
  std::string text_;
  std::jthread reader_;
};

}  // namespace hitch
