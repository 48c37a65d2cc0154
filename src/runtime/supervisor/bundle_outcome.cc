// How a run has ended: its exit code, and the last line that people see.
#include "runtime/base/exit_code.h"
#include "runtime/base/text.h"
#include "runtime/supervisor/bundle_run.h"
#include "runtime/supervisor/hooks.h"

namespace hitch {

RunOutcome BundleRun::outcome() const {
  RunOutcome result;
  const bool taken_down = stopped_by_ && !killed_;
  if (taken_down && !failure_ && !command_) {
    result.reason = "taken down by " + *stopped_by_;
  } else if (interrupted_ && interrupted_->number == kOwnerGone) {
    result.exit_code = 128 + SIGHUP;
    result.reason = "the process that the bundle belongs to has gone";
  } else if (interrupted_ && !(taken_down && failure_)) {
    result.exit_code = 128 + interrupted_->number;
    result.reason = "interrupted by " + signal_name(interrupted_->number);
  } else if (failure_) {
    result.exit_code = exit_code_of(failure_->error.kind());
    result.reason = sentence_of(failure_->error);
    result.failed_service = failure_->service;
  } else if (command_ && command_->ended) {
    result.exit_code = command_->ended->code();
    result.reason = "'" + command_text(request_->command) + "' " + command_->ended->text();
  } else {
    result.reason = "all tasks have ended";
  }
  if (teardown_error_ && result.exit_code == 0) {
    result.exit_code = exit_code_of(Kind::kEnvironment);
    result.reason = sentence_of(*teardown_error_);
  }
  return result;
}

}  // namespace hitch
