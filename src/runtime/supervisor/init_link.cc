#include "runtime/supervisor/init_link.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/packet.h"
#include "runtime/base/raw_write.h"
#include "runtime/base/text.h"
#include "runtime/init/payload_writer.h"
#include "runtime/supervisor/init_process.h"

namespace hitch {

namespace {

constexpr const char* kTell = "send a message to the bundle's init";

/// A memory file with a payload that is too long for a packet. memfd_create(2)
Result<UniqueFd> payload_file(const std::string& payload) {
  UniqueFd file(::memfd_create("payload", MFD_CLOEXEC));
  if (!file.is_open()) return Error::from_errno(errno, "create a memory file");
  if (const int err = write_fully(file.get(), payload); err != 0) {
    return Error::from_errno(err, "write a memory file");
  }
  return file;
}

/// The kernel is short of memory, or too many descriptors are on their way: unix(7) counts those
/// of all sockets of a user against RLIMIT_NOFILE until somebody has taken them.
bool may_pass(int err) {
  return err == ENOMEM || err == ENOBUFS || err == ETOOMANYREFS;
}

/// So long a message that may_pass() is tried again.
constexpr Milliseconds kPatienceWithKernel{5000};
constexpr Milliseconds kPauseBetweenTries{10};

std::string launch_payload(const LaunchRequest& request) {
  PayloadWriter payload;
  payload.number(static_cast<std::uint32_t>(request.session));
  payload.number(request.persona);
  payload.number(request.root);
  payload.text(request.directory);
  payload.texts(request.programs);
  payload.texts(request.argv);
  payload.texts(request.environment);
  payload.number(static_cast<std::uint32_t>(request.limits.size()));
  for (const auto& limit : request.limits) {
    payload.number(static_cast<std::uint32_t>(limit.resource));
    payload.number64(limit.soft);
    payload.number64(limit.hard);
  }
  payload.number(static_cast<std::uint32_t>(request.groups.size()));
  return payload.bytes();
}

void write_rules(const std::vector<sock_filter>& rules, PayloadWriter& payload) {
  payload.number(static_cast<std::uint32_t>(rules.size()));
  for (const auto& rule : rules) {
    payload.number(rule.code | std::uint32_t{rule.jt} << 16 | std::uint32_t{rule.jf} << 24);
    payload.number(rule.k);
  }
}

/// If it is one, and ours. Root, which made it, may use it all the same.
void give_pipe_away(int fd, PlainUser owner) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISFIFO(info.st_mode) || info.st_uid != ::geteuid()) return;
  (void)::fchown(fd, owner.uid, owner.gid);
}

Error launch_failure(const InitReport& report, const LaunchRequest& request) {
  const auto step = static_cast<ChildStep>(report.step);
  const std::string& subject = step == ChildStep::kDirectory ? request.directory : request.argv[0];
  auto error = Error::from_errno(report.err, step_text(step), subject);
  if (report.err == EMFILE) {
    return std::move(error).with_hint("ulimit -n is too low here");
  }
  if (report.err == EAGAIN) {
    return std::move(error).with_hint("this user may have no more processes: look at ulimit -u");
  }
  if (step != ChildStep::kExec) return error;
  if (report.err == ENOENT || report.err == ENOTDIR) {
    // execve(2) says ENOENT for a missing interpreter as well.
    return std::move(error)
        .with_kind(Kind::kNotFound)
        .with_hint(
            "the program, or the interpreter that its first line names, is not in the bundle's "
            "PATH");
  }
  error = std::move(error).with_kind(Kind::kNotRunnable);
  if (report.err != EACCES) return error;
  return std::move(error).with_hint(
      "it has to be a file that may be executed: not a directory, not on a noexec mount");
}

void write_mounts(const MountPlan& mounts, PayloadWriter& payload) {
  payload.number(static_cast<std::uint32_t>(mounts.size()));
  for (const auto& step : mounts) {
    payload.number(static_cast<std::uint32_t>(step.kind));
    payload.number(step.slot);
    payload.number(step.flags);
    payload.number(step.mode);
    payload.number(step.root);
    payload.text(step.source);
    payload.text(step.target);
    payload.text(step.text);
  }
}

}  // namespace

InitLink::InitLink(const asio::any_io_executor& executor, UniqueFd channel)
    : executor_(executor), channel_(executor, channel.release()), try_again_(executor) {}

Task<Done> InitLink::run() {
  for (;;) {
    const auto [ec] = co_await channel_.async_wait(channel_.wait_read, kTuple);
    if (ec) co_return why_closed();
    for (;;) {
      InitReport report;
      std::array part{iovec{&report, sizeof report}};
      std::array<UniqueFd, kPacketFds> fds;
      const ssize_t n = receive_packet(channel_.native_handle(), part, fds, MSG_DONTWAIT);
      if (n < 0 && errno == EAGAIN) break;
      if (n != static_cast<ssize_t>(sizeof report)) {
        close();
        co_return why_closed();
      }
      take(report, std::move(fds[0]));
    }
  }
}

void InitLink::close() {
  closed_ = true;
  for (const auto& [id, answer] : answers_) answer->arrived.wake_all();
  // Whoever waits for a process learns that it is gone: the kernel has killed it with init.
  for (const auto& [id, process] : std::exchange(processes_, {})) {
    if (process->before_end) process->before_end();
    process->ended = ExitStatus::signaled(SIGKILL);
    process->changed.wake_all();
  }
}

void InitLink::take(const InitReport& report, UniqueFd fd) {
  if (const auto answer = answers_.find(report.id); answer != answers_.end()) {
    answer->second->report = report;
    answer->second->fd = std::move(fd);
    answer->second->arrived.wake_all();
    return;
  }
  const auto found = processes_.find(report.id);
  if (found == processes_.end()) return;
  const auto process = found->second;
  if (report.kind == ReportKind::kLaunched && fd.is_open()) {
    process->pid_inside = report.pid;
    process->pidfd = Pidfd(std::move(fd));
  } else if (report.kind == ReportKind::kLaunched) {
    // The kernel drops a descriptor for which RLIMIT_NOFILE leaves no room here. unix(7)
    process->refusal = report;
    process->refusal->step = static_cast<std::uint32_t>(ChildStep::kClone);
    process->refusal->err = EMFILE;
  } else if (report.kind == ReportKind::kLaunchFailed) {
    process->refusal = report;
    processes_.erase(found);
  } else if (report.kind == ReportKind::kExited) {
    processes_.erase(found);
    if (process->before_end) process->before_end();
    process->ended = ExitStatus::from_wait(report.status);
  }
  process->changed.wake_all();
}

void InitLink::send(RequestKind kind, std::uint32_t id, const std::string& payload,
                    std::vector<UniqueFd> fds) {
  Outgoing message;
  RequestHead head{.kind = kind,
                   .id = id,
                   .payload_bytes = static_cast<std::uint32_t>(payload.size()),
                   .payload_in_file = payload.size() > kLargestPacketPayload ? 1U : 0U};
  message.bytes.append(reinterpret_cast<const char*>(&head), sizeof head);
  if (head.payload_in_file != 0) {
    auto file = payload_file(payload);
    if (!file) return give_up(file.error());
    fds.insert(fds.begin(), *std::move(file));
  } else {
    message.bytes += payload;
  }
  message.fds = std::move(fds);
  outgoing_.push_back(std::move(message));
  flush();
}

/// @return 0 or errno
int InitLink::send_one(const Outgoing& message) {
  const std::array part{iovec{const_cast<char*>(message.bytes.data()), message.bytes.size()}};
  std::array<int, kPacketFds> numbers{};
  const std::size_t count = std::min(message.fds.size(), numbers.size());
  for (std::size_t i = 0; i < count; ++i) numbers[i] = message.fds[i].get();
  const ssize_t n =
      send_packet(channel_.native_handle(), part, std::span(numbers).first(count), MSG_DONTWAIT);
  return n >= 0 ? 0 : errno;
}

void InitLink::flush() {
  if (waiting_for_room_) return;
  while (!outgoing_.empty()) {
    const int err = send_one(outgoing_.front());
    if (err == EAGAIN || may_pass(err)) return flush_later(err);
    if (err == EPIPE || err == ECONNRESET) return;  // init is gone, which run() notices
    if (err != 0) return give_up(Error::from_errno(err, kTell));
    outgoing_.pop_front();
    stuck_since_.reset();
  }
}

void InitLink::flush_later(int err) {
  const auto again = [this](boost::system::error_code ec) {
    if (ec) return;
    waiting_for_room_ = false;
    flush();
  };
  if (err == EAGAIN) {
    waiting_for_room_ = true;
    channel_.async_wait(channel_.wait_write, again);
    return;
  }
  if (!stuck_since_) stuck_since_ = Clock::now();
  if (Clock::now() - *stuck_since_ > kPatienceWithKernel) {
    auto error = Error::from_errno(err, kTell);
    if (err == ETOOMANYREFS) error = std::move(error).with_hint("ulimit -n is too low here");
    return give_up(std::move(error));
  }
  waiting_for_room_ = true;
  try_again_.expires_after(kPauseBetweenTries);
  try_again_.async_wait(again);
}

/// A message that is lost would be waited for without an end. The end of the channel ends init.
void InitLink::give_up(Error error) {
  if (!broken_) broken_ = std::move(error);
  (void)::shutdown(channel_.native_handle(), SHUT_RDWR);
}

Error InitLink::why_closed() const {
  return broken_ ? *broken_ : Error::because("the bundle's init has ended");
}

Task<std::shared_ptr<InitLink::Answer>> InitLink::ask(RequestKind kind, std::string payload,
                                                      std::optional<Patience> limit) {
  const std::uint32_t id = next_id_++;
  const auto answer = std::make_shared<Answer>(executor_);
  answers_.emplace(id, answer);
  send(kind, id, payload, {});
  while (!answer->report && !closed_ && !(limit && limit->is_over())) {
    const auto when = limit ? limit->when() : Clock::time_point::max();
    const auto waited = co_await answer->arrived.wait_until(when);
    if (!waited) {
      answers_.erase(id);
      co_return waited.error();
    }
  }
  answers_.erase(id);
  if (closed_ && !answer->report) co_return why_closed();
  if (!answer->report) {
    co_return Error::because("the bundle's init has not answered in time", Kind::kTimeout);
  }
  co_return answer;
}

Task<Done> InitLink::set_up(Setup wanted) {
  PayloadWriter payload;
  payload.text(wanted.hostname);
  payload.number(wanted.private_network ? 1 : 0);
  payload.number(wanted.with_clock ? 1 : 0);
  payload.number64(static_cast<std::uint64_t>(wanted.uptime.count()));
  const auto user = wanted.user.value_or(PlainUser{});
  payload.number(wanted.user ? 1 : 0);
  payload.number(user.uid);
  payload.number(user.gid);
  payload.number64(wanted.capabilities);
  write_rules(wanted.filter.denied, payload);
  write_rules(wanted.filter.allowed, payload);
  if (const auto& confinement = wanted.without_namespaces) {
    payload.number(confinement->is_wanted ? 1 : 0);
    payload.texts(confinement->writable);
  } else {
    write_mounts(wanted.mounts, payload);
  }
  const std::optional<Patience> limit(wanted.patience);
  auto asked = co_await ask(RequestKind::kSetup, payload.bytes(), limit);
  if (!asked && asked.error().kind() == Kind::kTimeout) {
    co_return Error::because("the bundle's namespaces were not set up after " +
                                 format_seconds(wanted.patience) + " seconds",
                             Kind::kTimeout)
        .with_hint("a mount of the host may wait for a disk or a file server");
  }
  HITCH_CO_TRY(const auto answer, std::move(asked));
  const auto& report = *answer->report;
  if (report.kind == ReportKind::kSetupDone) {
    clock_listener_ = std::move(answer->fd);
    unconfined_ = report.err;
    co_return Done{};
  }
  refused_mount_ = report.step;
  const std::string_view step(report.text.data());
  refused_filter_ = step == kLoadFilter;
  refused_host_name_ = step.starts_with(kSetHostName);
  if (std::string_view(report.text.data()) == kCreateNamespaces) {
    co_return explain_namespaces(Error::from_errno(report.err, kCreateNamespaces));
  }
  auto refusal = Error::from_errno(report.err, report.text.data()).within("set up namespaces");
  if (report.err != ENOSPC) co_return refusal;
  co_return std::move(refusal).with_hint(
      "a limit on mounts or memory is reached: look at /proc/sys/fs/mount-max and at the memory "
      "that "
      "is free");
}

Task<std::shared_ptr<BundleProcess>> InitLink::launch(LaunchRequest request) {
  const auto process = std::make_shared<BundleProcess>(executor_);
  process->id = next_id_++;
  if (before_launch_) HITCH_CO_CHECK(before_launch_(request));
  std::vector<UniqueFd> fds;
  for (const int fd : request.stdio) {
    HITCH_CO_TRY(auto copy, duplicate(fd));
    if (pipe_owner_) give_pipe_away(copy.get(), *pipe_owner_);
    fds.push_back(std::move(copy));
  }
  for (const int fd : request.groups) {
    HITCH_CO_TRY(auto copy, duplicate(fd));
    fds.push_back(std::move(copy));
  }
  const auto is_set = [](const ChildLimit& limit) { return limit.resource == RLIMIT_NOFILE; };
  if (descriptors_ && std::none_of(request.limits.begin(), request.limits.end(), is_set)) {
    request.limits.push_back({RLIMIT_NOFILE, descriptors_->rlim_cur, descriptors_->rlim_max});
  }
  const std::string payload = launch_payload(request);
  if (payload.size() > kLargestPayload) {
    co_return Error::from_errno(E2BIG, "execute", request.argv[0]).with_kind(Kind::kNotRunnable);
  }
  processes_.emplace(process->id, process);
  send(RequestKind::kLaunch, process->id, payload, std::move(fds));
  while (process->pid_inside == 0 && !process->refusal && !closed_) {
    HITCH_CO_CHECK(co_await process->changed.wait());
  }
  if (process->refusal) {
    auto failure = launch_failure(*process->refusal, request);
    if (failure.err() != EACCES || !pipe_owner_) co_return failure;
    co_return std::move(failure).with_hint(
        "without user namespaces services are user " + std::to_string(pipe_owner_->uid) +
        " of this machine: the bundle's directory may belong to another user than root, who they "
        "are then, or has to be open to all");
  }
  if (process->pid_inside == 0) co_return why_closed();
  co_return process;
}

void InitLink::signal(const BundleProcess& process, int signal, SignalRequest::Scope scope) {
  if (process.ended || closed_) return;
  PayloadWriter payload;
  payload.number(static_cast<std::uint32_t>(signal));
  payload.number(static_cast<std::uint32_t>(scope));
  send(RequestKind::kSignal, process.id, payload.bytes(), {});
}

Task<UniqueFd> InitLink::make_socket(int family, int type, int protocol) {
  PayloadWriter payload;
  payload.number(static_cast<std::uint32_t>(family));
  payload.number(static_cast<std::uint32_t>(type | SOCK_NONBLOCK));
  payload.number(static_cast<std::uint32_t>(protocol));
  HITCH_CO_TRY(const auto answer, co_await ask(RequestKind::kSocket, payload.bytes()));
  if (answer->report->err != 0) {
    co_return Error::from_errno(answer->report->err, "create a socket in the bundle");
  }
  co_return std::move(answer->fd);
}

}  // namespace hitch
