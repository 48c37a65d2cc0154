#include "runtime/init/steps.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <utility>

#include "runtime/clock/clock_filter.h"
#include "runtime/init/payload_reader.h"
#include "runtime/namespaces/caps.h"
#include "runtime/namespaces/deny_list.h"
#include "runtime/namespaces/landlock.h"
#include "runtime/namespaces/loopback.h"
#include "runtime/namespaces/mounts.h"
#include "runtime/namespaces/plain_user.h"
#include "runtime/namespaces/root_mounts.h"
#include "runtime/namespaces/uptime.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

namespace hitch {

namespace {

struct SetupState {
  int namespaces_error = 0;
  PayloadReader payload;
  bool private_network = false;
  bool clock = false;        ///< somebody will answer the clock's system calls
  std::uint64_t uptime = 0;  ///< milliseconds
  bool has_user = false;     ///< there is no user namespace: the bundle's user is `user`
  PlainUser user{};
  std::uint64_t capabilities = 0;       ///< bits: what the bundle keeps
  std::size_t denied = 0, allowed = 0;  ///< how many rules of g_rules: first these, then those
  int unconfined = 0;  ///< why changes to files are not confined, if they should be
  UniqueFd clock_listener{};
  const char* hostname = "";
  // Where a step that has parts failed, for the report.
  const char* action = "";
  const char* subject = "";
  std::uint32_t mount_step = 0;  ///< counted from 1; 0: it was another step
};

// What the bundle changes about the filter.
std::array<sock_filter, BPF_MAXINSNS> g_rules;

/// Behind the first `used` rules. @return how many there are
std::size_t read_rules(PayloadReader& payload, std::size_t used) noexcept {
  const std::size_t count = payload.number();
  for (std::size_t i = used; i < used + count && i < g_rules.size(); ++i) {
    const std::uint32_t head = payload.number();
    g_rules[i] = {static_cast<std::uint16_t>(head & 0xffff),
                  static_cast<std::uint8_t>(head >> 16 & 0xff),
                  static_cast<std::uint8_t>(head >> 24), payload.number()};
  }
  return count;
}

int namespaces_are_there(SetupState& state) noexcept {
  return state.namespaces_error;
}

int read_head(SetupState& state) noexcept {
  state.hostname = state.payload.text();
  state.private_network = state.payload.number() != 0;
  state.clock = state.payload.number() != 0;
  state.uptime = state.payload.number64();
  state.has_user = state.payload.number() != 0;
  state.user = {state.payload.number(), state.payload.number()};
  state.capabilities = state.payload.number64();
  state.denied = read_rules(state.payload, 0);
  state.allowed = read_rules(state.payload, state.denied);
  if (state.denied + state.allowed > g_rules.size()) return E2BIG;
  return state.payload.ok() ? 0 : EBADMSG;
}

int set_hostname(SetupState& state) noexcept {
  if (*state.hostname == '\0') return 0;  // it is known to be refused
  state.subject = state.hostname;
  return ::sethostname(state.hostname, std::strlen(state.hostname)) == 0 ? 0 : errno;
}

int set_uptime(SetupState& state) noexcept {
  const int err = set_uptime_of_children(state.uptime);
  // Where /proc is read-only, in some containers, who asked for nothing sees the machine's.
  return state.uptime == 0 ? 0 : err;
}

int raise_loopback(SetupState& state) noexcept {
  return state.private_network ? bring_loopback_up() : 0;
}

int build_mounts(SetupState& state) noexcept {
  const std::uint32_t count = state.payload.number();
  if (state.has_user) set_owner_of_mounts(state.user);
  for (std::uint32_t i = 0; i < count; ++i) {
    MountStepView step;
    step.kind = static_cast<MountKind>(state.payload.number());
    step.slot = state.payload.number();
    step.flags = state.payload.number();
    step.mode = state.payload.number();
    step.root = state.payload.number();
    step.source = state.payload.text();
    step.target = state.payload.text();
    step.text = state.payload.text();
    if (!state.payload.ok()) return EBADMSG;
    state.mount_step = i + 1;
    state.action = mount_action(step.kind);
    state.subject = step.target;
    if (const int err = apply_mount_step(step); err != 0) return err;
  }
  state.action = state.subject = "";
  state.mount_step = 0;
  return ::chdir("/") == 0 ? 0 : errno;
}

/// Root's own id stays: without capabilities it is one among others, but for the files it owns.
int take_identity(SetupState& state) noexcept {
  if (!state.has_user || state.user.uid == 0) return 0;
  if (has_roots() && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return errno;
  return become(state.user);
}

/// Where there is no namespace to keep it in, init must not die by its parent's death alone.
int take_identity_under_guard(SetupState& state) noexcept {
  if (const int err = take_identity(state); err != 0) return err;
  return ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0 ? 0 : errno;
}

/// Programs that run in a root of their own have to be brought there.
int drop_capabilities(SetupState& state) noexcept {
  return has_roots() ? drop_all_but_chroot(state.capabilities)
                     : drop_all_capabilities(state.capabilities);
}

/// Who has no capabilities cannot even empty the bounding set. no_new_privs makes up for that.
int drop_own_capabilities(SetupState&) noexcept {
  const int err = drop_all_capabilities();
  return err == EPERM ? drop_held_capabilities() : err;
}

/// Goes on without what the kernel does not have.
int confine(SetupState& state) noexcept {
  std::array<const char*, 1024> directories;
  const bool is_wanted = state.payload.number() != 0;
  std::size_t count = 0;
  (void)state.payload.texts(directories, count);
  if (!state.payload.ok()) return EBADMSG;
  if (!is_wanted) return 0;
  state.unconfined = confine_changes(std::span(directories).first(count - 1));
  return 0;
}

int forbid_privileges(SetupState&) noexcept {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int load_filter(SetupState& state) noexcept {
  const std::span rules(g_rules);
  FilterParts parts{.denied = rules.first(state.denied),
                    .allowed = rules.subspan(state.denied, state.allowed)};
  const bool is_default = state.denied + state.allowed == 0;
  if (!state.clock) return is_default ? load_deny_list() : load_deny_list_behind_rules(parts);
  parts.notified = clock_rules();
  const int listener = load_deny_list_behind(parts);
  if (listener < 0) return -listener;
  state.clock_listener.reset(listener);
  return 0;
}

/// Privileges go last, as all before needs them; the filter goes after them, as it refuses what
/// the steps before it do.
struct SetupStep {
  const char* name;
  int (*run)(SetupState&) noexcept;
};
constexpr std::array kProcessSteps{SetupStep{"read the set-up message", read_head},
                                   SetupStep{"become the bundle's user", take_identity_under_guard},
                                   SetupStep{"drop capabilities", drop_own_capabilities},
                                   SetupStep{"set no_new_privs", forbid_privileges},
                                   SetupStep{"confine changes to files", confine},
                                   SetupStep{kLoadFilter, load_filter}};
constexpr std::array kNamespaceSteps{SetupStep{kCreateNamespaces, namespaces_are_there},
                                     SetupStep{"read the set-up message", read_head},
                                     SetupStep{kSetHostName, set_hostname},
                                     SetupStep{"set the monotonic clock", set_uptime},
                                     SetupStep{"bring the loopback interface up", raise_loopback},
                                     SetupStep{"build the file system", build_mounts},
                                     SetupStep{"become the bundle's user", take_identity},
                                     SetupStep{"drop capabilities", drop_capabilities},
                                     SetupStep{"set no_new_privs", forbid_privileges},
                                     SetupStep{kLoadFilter, load_filter}};

class TextBuilder {
 public:
  explicit TextBuilder(std::span<char> out) noexcept : rest_(out) {}
  void add(const char* text) noexcept {
    for (; *text != '\0' && rest_.size() > 1; ++text, rest_ = rest_.subspan(1)) rest_[0] = *text;
    rest_[0] = '\0';
  }

 private:
  std::span<char> rest_;
};

InitReport failure(const SetupStep& step, const SetupState& state, int err) noexcept {
  InitReport report;
  report.kind = ReportKind::kSetupFailed;
  report.err = err;
  report.step = state.mount_step;
  TextBuilder text(report.text);
  text.add(step.name);
  if (*state.action != '\0') {
    text.add(": ");
    text.add(state.action);
  }
  if (*state.subject != '\0') {
    text.add(" '");
    text.add(state.subject);
    text.add("'");
  }
  return report;
}

SetupResult run_steps(std::span<const SetupStep> steps, SetupState state) noexcept {
  for (const auto& step : steps) {
    state.action = state.subject = "";
    if (const int err = step.run(state); err != 0) return {failure(step, state, err), {}};
  }
  SetupResult done;
  done.report.kind = ReportKind::kSetupDone;
  done.report.err = state.unconfined;
  done.clock_listener = std::move(state.clock_listener);
  return done;
}

/// A bundle takes several descriptors a service; programs get the caller's limit back when they are
/// launched. setrlimit(2)
void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A machine that is out of memory takes it from the bundle, and there from who has the most, not
/// from the supervisor or from what started that. Now, as long as this process may be traced: the
/// files in /proc of one that may not belong to root. proc_pid_oom_score_adj(5)
void offer_to_the_oom_killer() noexcept {
  constexpr int kMore = 200, kMost = 1000;
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC));
  std::array<char, 16> text{};
  const ssize_t n = file.is_open() ? ::read(file.get(), text.data(), text.size()) : 0;
  if (n <= 1) return;
  int now = 0;
  if (std::from_chars(text.data(), text.data() + n, now).ec != std::errc{}) return;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), std::min(now + kMore, kMost)).ptr;
  (void)!::pwrite(file.get(), text.data(), static_cast<std::size_t>(end - text.data()), 0);
}

}  // namespace

int create_namespaces(bool private_network) noexcept {
  // Not CLONE_NEWTIME's fault that it looks odd: init stays in the old one, its children enter the
  // new one. time_namespaces(7)
  // Init itself stays in the time namespace of the host: only its children enter the new one.
  // time_namespaces(7)
  const int network = private_network ? CLONE_NEWNET : 0;
  const int flags =
      CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWTIME | network;
  return ::unshare(flags) == 0 ? 0 : errno;
}

SetupResult run_setup(InitMode mode, int namespaces_error, std::span<char> payload) noexcept {
  const std::span<const SetupStep> namespaces(kNamespaceSteps), process(kProcessSteps);
  // What is made for the bundle must be usable, whatever the caller's umask is: that is for
  // services.
  const mode_t callers = ::umask(022);
  SetupResult result =
      run_steps(mode == InitMode::kNoNamespaces ? process : namespaces,
                {.namespaces_error = namespaces_error, .payload = PayloadReader(payload)});
  (void)::umask(callers);
  return result;
}

int protect_init() noexcept {
  offer_to_the_oom_killer();
  raise_descriptor_limit();
  sigset_t all;
  ::sigfillset(&all);
  if (::sigprocmask(SIG_SETMASK, &all, nullptr) != 0) return errno;
  // What the caller ignored would be ignored by every service: exec keeps that. signal(7)
  for (int signal = 1; signal < NSIG; ++signal) (void)::signal(signal, SIG_DFL);
  // A service has the same uid as init: without this it could trace it and take it over. proc(5)
  return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
}

int die_with_supervisor() noexcept {
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 ? 0 : errno;
}

}  // namespace hitch
