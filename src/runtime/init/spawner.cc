#include "runtime/init/spawner.h"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "runtime/init/payload_reader.h"
#include "runtime/namespaces/caps.h"
#include "runtime/namespaces/root_mounts.h"

namespace hitch {

namespace {

// Room for the pointers of argv, envp and the candidates; a table of its own, as exec wants arrays
// and the message has only the texts.
std::array<const char*, 128 * 1024> g_pointers;

/// What the supervisor was told was launched and has not ended.
struct Running {
  std::uint32_t id;
  pid_t pid;
};
constexpr std::size_t kMostRunning = 16384;
// Zero from the start, so that the pages that are never needed never exist.
std::array<Running, kMostRunning> g_running;

/// Reads a kLaunch payload: session, persona, root, directory, programs, argv, envp, limits,
/// groups.
bool read_plan(std::span<char> payload, ChildPlan& plan, std::uint32_t& groups) noexcept {
  PayloadReader reader(payload);
  std::size_t used = 0;
  plan.session = static_cast<ChildSession>(reader.number());
  plan.persona = reader.number();
  if (const std::uint32_t root = reader.number(); root != 0) {
    plan.enter_root = enter_root;
    plan.root = root_directory(root);  // -1, of which there is none, cannot be entered
  }
  plan.directory = reader.text();
  plan.programs = reader.texts(g_pointers, used);
  plan.argv = reader.texts(g_pointers, used);
  plan.envp = reader.texts(g_pointers, used);
  plan.limit_count = std::min<std::uint32_t>(reader.number(), std::uint32_t(plan.limits.size()));
  for (std::uint32_t i = 0; i < plan.limit_count; ++i) {
    plan.limits[i].resource = static_cast<int>(reader.number());
    plan.limits[i].soft = reader.number64();
    plan.limits[i].hard = reader.number64();
  }
  groups = reader.number();
  return reader.ok();
}

}  // namespace

void Spawner::fail(std::uint32_t id, ChildStep step, int err) noexcept {
  InitReport report;
  report.kind = ReportKind::kLaunchFailed;
  report.id = id;
  report.step = static_cast<std::uint32_t>(step);
  report.err = err;
  wire_.send(report);
}

std::size_t Spawner::free_slot() noexcept {
  for (std::size_t i = 0; i < kMost; ++i) {
    if (under_way_[i].id == 0) return i;
  }
  finish(0);  // waits for its exec
  return 0;
}

bool Spawner::remember(std::uint32_t id, pid_t pid) noexcept {
  if (running_count_ == kMostRunning) return false;
  g_running[running_count_++] = {id, pid};
  return true;
}

void Spawner::launch(IncomingRequest& request) noexcept {
  const std::uint32_t id = request.head.id;
  const std::size_t slot = free_slot();
  ChildPlan plan;
  std::uint32_t groups = 0;
  if (!read_plan(request.payload, plan, groups)) return fail(id, ChildStep::kExec, E2BIG);
  plan.dies_with_parent = children_die_with_it_;
  for (std::size_t i = 0; i < 3; ++i) {
    plan.stdio[i] = request.fds[i].get();
    // The kernel drops those for which RLIMIT_NOFILE leaves no room here. unix(7)
    if (plan.stdio[i] < 0) return fail(id, ChildStep::kRedirect, EMFILE);
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(groups, plan.groups.size()); ++i) {
    plan.groups[i] = request.groups[i].get();
    if (plan.groups[i] < 0) return fail(id, ChildStep::kGroup, EMFILE);
  }
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) return fail(id, ChildStep::kClone, errno);
  UniqueFd read_end(report[0]), write_end(report[1]);
  int pidfd = -1;
  const pid_t pid = clone_process(CLONE_PIDFD, &pidfd);
  if (pid == 0) run_child(plan, write_end.get());
  if (pid < 0) return fail(id, ChildStep::kClone, errno);
  under_way_[slot].id = id;
  under_way_[slot].pid = pid;
  under_way_[slot].report = std::move(read_end);
  under_way_[slot].pidfd.reset(pidfd);
}

void Spawner::finish(std::size_t index) noexcept {
  Launch& launch = under_way_[index];
  ChildFailure failure;
  ssize_t n = 0;
  do {
    n = ::read(launch.report.get(), &failure, sizeof failure);
  } while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(sizeof failure)) {
    fail(launch.id, failure.step, failure.err);
  } else if (!remember(launch.id, launch.pid)) {
    (void)::kill(launch.pid, SIGKILL);
    fail(launch.id, ChildStep::kClone, EAGAIN);
  } else {
    InitReport report;
    report.kind = ReportKind::kLaunched;
    report.id = launch.id;
    report.pid = launch.pid;
    wire_.send(report, launch.pidfd.get());
  }
  launch = Launch{};
}

std::uint32_t Spawner::ended(pid_t pid) noexcept {
  for (std::size_t i = 0; i < kMost; ++i) {
    if (under_way_[i].id != 0 && under_way_[i].pid == pid) finish(i);
  }
  const auto end = g_running.begin() + static_cast<std::ptrdiff_t>(running_count_);
  const auto found = std::find_if(g_running.begin(), end,
                                  [pid](const Running& known) { return known.pid == pid; });
  if (found == end) return 0;
  const std::uint32_t id = found->id;
  *found = g_running[--running_count_];
  return id;
}

pid_t Spawner::pid_of(std::uint32_t id) const noexcept {
  for (std::size_t i = 0; i < running_count_; ++i) {
    if (g_running[i].id == id) return g_running[i].pid;
  }
  return 0;
}

}  // namespace hitch
