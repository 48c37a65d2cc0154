// What control groups have to do with one service: what its limits did to it, and pausing.
#include <algorithm>
#include <cerrno>

#include "introspect/tree.h"
#include "runtime/ready/members.h"
#include "runtime/supervisor/limits.h"
#include "runtime/supervisor/service_run.h"

namespace hitch {

namespace {

std::string count_text(std::uint64_t count, const char* one, const char* many) {
  return count == 1 ? one : std::to_string(count) + " " + many;
}

}  // namespace

const ServiceGroup* ServiceRun::group() const {
  return scope_->groups ? scope_->groups->find(spec_->name) : nullptr;
}

void ServiceRun::begin_to_count() {
  const auto* own = group();
  counted_ = {};
  if (own == nullptr) return;
  counted_.kills_before = counted_.kills = own->out_of_memory().kills;
  counted_.refused_before = counted_.refused = own->refused_processes();
}

/// "out of memory, limits.memory is 64 MiB"; or, if it was not the service's own limit, without
/// what is not true.
std::string ServiceRun::why_out_of_memory() const {
  if (!counted_.at_own_limit || !spec_->limits.memory_bytes) {
    return "the machine, or the container around hitch, was out of memory";
  }
  return "out of memory, limits.memory is " + size_text(*spec_->limits.memory_bytes);
}

void ServiceRun::count_kills() {
  const auto* own = group();
  if (own == nullptr) return;
  counted_.refused = own->refused_processes();
  const auto now = own->out_of_memory();
  if (now.kills <= counted_.kills) return;
  const auto fresh = now.kills - counted_.kills;
  counted_.kills = now.kills;
  counted_.at_own_limit = now.at_own_limit;
  const std::string why = why_out_of_memory();
  scope_->say("service '" + spec_->name + "': the kernel killed " +
              count_text(fresh, "a process", "processes") + " of it: " + why);
  json::object event{{"service", spec_->name}, {"processes", fresh}, {"reason", why}};
  scope_->events.tell("out-of-memory", std::move(event));
}

std::string ServiceRun::how_it_ended() const {
  std::string text = last_exit_->text();
  const auto kills = counted_.kills - counted_.kills_before;
  if (kills > 0 && last_exit_->by_signal() && last_exit_->signal() == SIGKILL) {
    return text + " (" + why_out_of_memory() + ')';
  }
  if (kills > 0) {
    return text + ", and the kernel had killed " + count_text(kills, "a process", "processes") +
           " of it (" + why_out_of_memory() + ')';
  }
  const auto refused = counted_.refused - counted_.refused_before;
  if (refused == 0 || !spec_->limits.pids) return text;
  return text + ", and could not start " + count_text(refused, "a process", "processes") +
         " (limits.pids is " + std::to_string(*spec_->limits.pids) + ')';
}

Status ServiceRun::require_running() const {
  if (running_process() != nullptr) return Done{};
  return Error::because("service '" + spec_->name + "' does not run", Kind::kUsage);
}

/// Gathers its processes in a group that can be frozen. What has entered stays in, and so do its
/// children: each round leaves those that were just being started.
Result<ServiceGroup*> ServiceRun::gather() {
  constexpr int kRounds = 32;
  HITCH_TRY(auto* const own, scope_->groups->make_freezable(spec_->name));
  for (int round = 0; round < kRounds; ++round) {
    auto members = own->members();
    std::sort(members.begin(), members.end());
    HITCH_TRY(const auto tree, ProcessTree::scan());
    bool all_in = true;
    for (const pid_t pid : processes_of_service(tree, scope_->init_pid, main_pid())) {
      if (std::binary_search(members.begin(), members.end(), pid)) continue;
      all_in = false;
      const auto moved = own->adopt(pid);
      if (!moved && moved.error().err() != ESRCH) return moved.error();
    }
    if (all_in) return own;
  }
  return Error::because("service '" + spec_->name + "' starts processes too fast");
}

Status ServiceRun::pause() {
  HITCH_CHECK(require_running());
  auto own = gather();
  frozen_ = own && (*own)->freeze(true);
  // Nobody may have groups here, or only with the version 1 of them, whose freezer has no use:
  // what it has frozen cannot even be killed. docs/decisions/022
  if (!frozen_) HITCH_CHECK(signal_all(SIGSTOP));
  paused_ = true;
  scope_->tell_state(spec_->name, "paused");
  scope_->states_changed.wake_all();
  return Done{};
}

Status ServiceRun::resume() {
  HITCH_CHECK(require_running());
  if (frozen_) {
    HITCH_CHECK(thaw());
  } else {
    HITCH_CHECK(signal_all(SIGCONT));
  }
  paused_ = false;
  scope_->tell_state(spec_->name, "ready");
  scope_->states_changed.wake_all();
  return Done{};
}

Status ServiceRun::thaw() {
  if (!frozen_) return Done{};
  HITCH_TRY(auto* const own, scope_->groups->make_freezable(spec_->name));
  HITCH_CHECK(own->freeze(false));
  frozen_ = false;
  return Done{};
}

}  // namespace hitch
