#include "runtime/network/outbound.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "runtime/base/text.h"
#include "runtime/network/name_servers.h"
#include "runtime/process/child.h"
#include "runtime/process/helper.h"

namespace hitch {

namespace {

/// It says why it ends in its last lines.
constexpr std::size_t kMostWords = 2000;

std::vector<std::string> pasta_arguments(const OutboundNetwork::Request& request, pid_t member) {
  std::vector<std::string> arguments{
      "pasta", "--foreground", "--quiet", "--stderr",
      // The same address, route and interface name as outside. By default it leaves that to DHCP.
      "--config-net",
      // By default it forwards every port on which something listens, both ways, and takes
      // connections to the gateway for ones to the host's loopback.
      "--no-map-gw", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
      // As root it would become nobody, who may not enter the bundle's namespaces.
      "--runas", std::to_string(::geteuid()) + ':' + std::to_string(::getegid()),
      // Written when all is set up. A pipe, as no path on disk suits every AppArmor profile.
      "--pid", "/proc/self/fd/1"};
  if (request.forwards_names) {
    arguments.insert(arguments.end(), {"--dns-forward", std::string(kForwardedNameServer)});
  }
  arguments.push_back(std::to_string(member));  // last: /proc/PID/ns/user and /proc/PID/ns/net
  return arguments;
}

struct PastaPlan {
  ChildPlan child;
  pid_t supervisor = 0;
  int report = -1;
};

// Async-signal-safe calls only, no way back. Two things end pasta when the supervisor has ended,
// however that went: the death signal, which some changes of identity clear, and the lifeline, its
// standard input: the kernel signals that the last writer of the pipe has gone. prctl(2), fcntl(2)
[[noreturn]] void run_pasta(const PastaPlan& plan) noexcept {
  // An ignored SIGPIPE goes on over exec, and pasta of Debian 12 takes it for a failure of
  // signal(2).
  for (int sig = 1; sig < NSIG; ++sig) ::signal(sig, SIG_DFL);
  const int lifeline = plan.child.stdio[0];
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::fcntl(lifeline, F_SETOWN, ::getpid()) != 0 ||
      ::fcntl(lifeline, F_SETSIG, SIGKILL) != 0 || ::fcntl(lifeline, F_SETFL, O_ASYNC) != 0 ||
      ::getppid() != plan.supervisor) {  // it ended before either was in place
    fail_child(plan.report, ChildStep::kIdentity);
  }
  run_child(plan.child, plan.report);
}

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts) result.push_back(text.c_str());
  result.push_back(nullptr);
  return result;
}

/// The ends of the pipes that become its standard streams.
struct ChildEnds {
  UniqueFd lifeline, up, words, report;
};

/// @return a descriptor of the process
Result<Pidfd> clone_pasta(const OutboundNetwork::Request& request, pid_t member,
                          const ChildEnds& ends) {
  const auto arguments = pasta_arguments(request, member);
  const auto argv = pointers_to(arguments), programs = pointers_to(request.programs);
  const std::array<const char*, 2> environment{"LC_ALL=C", nullptr};
  PastaPlan plan;
  plan.supervisor = ::getpid();
  plan.report = ends.report.get();
  plan.child.programs = programs.data();
  plan.child.argv = argv.data();
  plan.child.envp = environment.data();
  plan.child.directory = "/";
  plan.child.stdio = {ends.lifeline.get(), ends.up.get(), ends.words.get()};
  const AllSignalsBlocked blocked;
  int pidfd = -1;
  const pid_t pid = clone_process(CLONE_PIDFD, &pidfd);
  if (pid == 0) run_pasta(plan);
  if (pid < 0) return Error::from_errno(errno, "create a process for", "pasta");
  return Pidfd(UniqueFd(pidfd));
}

/// Waits until it has been executed, or could not be.
Status executed(int report) {
  ChildFailure failure;
  ssize_t n = 0;
  do {
    n = ::read(report, &failure, sizeof failure);
  } while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(sizeof failure)) return Done{};
  return Error::from_errno(failure.err, step_text(failure.step), "pasta");
}

/// The lines it has written as one, without those that tell of a missing syslog daemon.
std::string as_one_line(const std::string& words) {
  std::istringstream lines(words);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.ends_with(" bytes to syslog")) continue;
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c < ' ' || c == '\x7f'; }, '?');
    result += (result.empty() ? "" : "; ") + line;
  }
  return result;
}

/// proc(5), for both families. pasta of Debian 12 says that it is up even if the kernel has refused
/// the route.
bool has_default_route(pid_t member) {
  const std::string directory = "/proc/" + std::to_string(member) + "/net/";
  std::ifstream v4(directory + "route"), v6(directory + "ipv6_route");
  for (std::string line; std::getline(v4, line);) {
    std::istringstream fields(line);
    std::string device, destination, skipped, mask;
    fields >> device >> destination;
    for (int i = 0; i < 5; ++i) fields >> skipped;
    fields >> mask;
    if (destination == "00000000" && mask == "00000000") return true;
  }
  for (std::string line; std::getline(v6, line);) {
    const bool is_default = line.starts_with(std::string(32, '0') + " 00 ");
    if (is_default && !line.ends_with(" lo")) return true;
  }
  return false;
}

}  // namespace

Status check_pasta(const std::vector<std::string>& programs) {
  const auto can_run = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  if (std::any_of(programs.begin(), programs.end(), can_run)) return Done{};
  return Error::because("'network: outbound' needs the program 'pasta', which is not in PATH",
                        Kind::kUsage)
      .with_hint("install the package 'passt', or say 'network: private'");
}

OutboundNetwork::OutboundNetwork(const asio::any_io_executor& executor, pid_t member,
                                 Started started)
    : member_(member),
      process_(std::move(started.process)),
      lifeline_(std::move(started.lifeline)),
      up_(executor, started.up.release()),
      words_(executor, started.words.release()),
      ended_(executor, started.ended.release()),
      changed_(executor),
      tasks_(executor) {
  tasks_.spawn(hear_that_it_is_up());
  tasks_.spawn(keep_words());
  tasks_.spawn(await_end());
}

Result<std::unique_ptr<OutboundNetwork>> OutboundNetwork::start(
    const asio::any_io_executor& executor, const Request& request, pid_t member) {
  HITCH_TRY(auto lifeline, Pipe::create());
  HITCH_TRY(auto up, Pipe::create(O_NONBLOCK));
  HITCH_TRY(auto words, Pipe::create(O_NONBLOCK));  // pasta never waits for us to read
  HITCH_TRY(auto report, Pipe::create());
  ChildEnds ends;
  HITCH_TRY(ends.lifeline, duplicate(lifeline.read_end.get()));
  HITCH_TRY(ends.up, duplicate(up.write_end.get()));
  HITCH_TRY(ends.words, duplicate(words.write_end.get()));
  HITCH_TRY(ends.report, duplicate(report.write_end.get()));
  HITCH_TRY(auto process, clone_pasta(request, member, ends));
  ends = {};
  report.write_end.reset();
  if (auto status = executed(report.read_end.get()); !status) {
    siginfo_t ignored{};  // it ends by itself
    (void)::waitid(P_PIDFD, static_cast<id_t>(process.get()), &ignored, WEXITED);
    return std::move(status).error();
  }
  HITCH_TRY(auto ended, duplicate(process.get()));
  Started started{std::move(process), std::move(lifeline.write_end), std::move(up.read_end),
                  std::move(words.read_end), std::move(ended)};
  return std::make_unique<OutboundNetwork>(executor, member, std::move(started));
}

Task<Done> OutboundNetwork::wait_until_up(Milliseconds patience) {
  const auto limit = Clock::now() + patience;
  while (!says_up_ && !end_ && Clock::now() < limit) {
    HITCH_CO_CHECK(co_await changed_.wait_until(limit));
  }
  if (end_) co_return why_it_ended();
  if (!says_up_) {
    co_return Error::because(
        "pasta had not made a way out after " + format_seconds(patience) + " seconds",
        Kind::kTimeout);
  }
  if (!has_default_route(member_)) {
    co_return Error::because("pasta has set up no default route in the bundle");
  }
  is_up_ = true;
  (void)take_words();
  kept_words_.clear();  // that one family has no route, say: of no interest when it ends later
  co_return Done{};
}

void OutboundNetwork::kill() noexcept {
  stopping_ = true;
  (void)process_.send_signal(SIGKILL);
}

Task<Done> OutboundNetwork::stop(Milliseconds patience) {
  kill();
  const auto limit = Clock::now() + patience;
  while (!end_ && Clock::now() < limit) HITCH_CO_CHECK(co_await changed_.wait_until(limit));
  co_await tasks_.stop();
  if (!end_) co_return Error::because("pasta is still there, although it was killed");
  co_return Done{};
}

Task<Done> OutboundNetwork::hear_that_it_is_up() {
  const auto [ec] = co_await up_.async_wait(up_.wait_read, kTuple);
  if (ec) co_return Error::from_errno(ec.value(), "wait for", "pasta");
  std::array<char, 32> pid;
  says_up_ = ::read(up_.native_handle(), pid.data(), pid.size()) > 0;
  changed_.wake_all();
  co_return Done{};
}

Task<Done> OutboundNetwork::keep_words() {
  for (;;) {
    const auto [ec] = co_await words_.async_wait(words_.wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for", "pasta");
    if (!take_words()) co_return Done{};
  }
}

Task<Done> OutboundNetwork::await_end() {
  const auto [ec] = co_await ended_.async_wait(ended_.wait_read, kTuple);
  if (ec) co_return Error::from_errno(ec.value(), "wait for", "pasta");
  (void)take_words();
  end_ = reap(process_).value_or(ExitStatus::signaled(SIGKILL));
  changed_.wake_all();
  if (is_up_ && !stopping_ && on_lost_) {
    on_lost_(why_it_ended().within("the bundle has lost its way out"));
  }
  co_return Done{};
}

bool OutboundNetwork::take_words() {
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t n = ::read(words_.native_handle(), piece.data(), piece.size());
    if (n <= 0) return n < 0 && errno == EAGAIN;
    kept_words_.append(piece.data(), static_cast<std::size_t>(n));
    if (kept_words_.size() > kMostWords) kept_words_.erase(0, kept_words_.size() - kMostWords);
  }
}

Error OutboundNetwork::why_it_ended() const {
  const auto words = as_one_line(kept_words_);
  auto error = Error::because("pasta " + end_->text() + (words.empty() ? "" : ": " + words));
  if (words.find("xternal interface not usable") != words.npos) {
    return std::move(error).with_hint("this machine has no default route that pasta could follow");
  }
  if (words.find("tun") != words.npos) {
    return std::move(error).with_hint(
        "pasta has to open /dev/net/tun for reading and writing: 'modprobe tun' makes it, and its "
        "mode is 0666 on most systems");
  }
  return error;
}

}  // namespace hitch
