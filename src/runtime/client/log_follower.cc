#include "runtime/client/log_follower.h"

#include <utility>

namespace hitch {

namespace {

// For a terminal or a pipe that somebody holds up.
constexpr std::chrono::seconds kPatience{5};

}  // namespace

LogFollower::LogFollower(std::string program, std::string run)
    : program_(std::move(program)), run_(std::move(run)) {}

void LogFollower::start(From from) {
  if (child_) return;
  auto alive = Pipe::create();
  if (!alive) return;
  ChildPlan plan;
  plan.argv = {program_, "-p", run_, "logs", "--follow", "--until-input-ends"};
  plan.in = alive->read_end.get();
  if (from == From::kNow) plan.argv.insert(plan.argv.end(), {"--lines", "0"});
  if (auto child = ChildProgram::start(plan)) child_ = *std::move(child);
  alive_ = std::move(alive->write_end);
}

void LogFollower::stop() {
  if (!child_) return;
  alive_.reset();
  if (!child_->wait(Deadline::in(kPatience))) child_->kill();
  child_.reset();
}

void LogFollower::finish() {
  if (child_) (void)child_->wait(Deadline::in(kPatience));
  stop();
}

}  // namespace hitch
