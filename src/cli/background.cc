#include "cli/background.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "cli/signals_taken.h"
#include "runtime/base/installed.h"
#include "runtime/base/raw_write.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

/// What the supervisor says to the one who started it: a line with the run's id, lines with a note
/// that people shall read, "ready" when it is, or a line with the exit code and then what people
/// shall read. The end of file follows.
constexpr int kReportFd = 3;
constexpr std::string_view kNote = "note: ";

void report(std::string_view text) {
  (void)write_fully(kReportFd, text);
}

/// The process that stays: no terminal, nothing of what the caller has open.
void let_go_of_caller(int report_fd) {
  (void)::setsid();
  const UniqueFd null_device(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (report_fd != kReportFd) (void)::dup2(report_fd, kReportFd);
  for (int fd = 0; fd < 3; ++fd) (void)::dup2(null_device.get(), fd);
  (void)::syscall(SYS_close_range, kReportFd + 1, ~0U, 0);
}

[[noreturn]] void supervise(const BundleSpec& bundle, const RunOptions& options, LogView view) {
  bool said = false;
  const HostRequest request{
      .bundle = bundle,
      .init_program = installed_program("hitch-init"),
      .use_cache = !options.no_cache,
      .on_ready =
          [&] {
            said = true;
            report("ready\n");
            (void)::close(kReportFd);
          },
      .on_step_down =
          [](const std::string& notice) { report(std::string(kNote) + notice + '\n'); }};
  const auto outcome = host_bundle(request, [](LogStore& log) {
    const std::filesystem::path file = log.file()->name();
    report(file.parent_path().filename().native() + "\n");
  });
  if (!said) {
    report(std::to_string(outcome.exit_code) + "\n");
    report(closing_words(outcome, std::move(view)));
  }
  ::_exit(outcome.exit_code);
}

constexpr std::array kStopSignals{SIGINT, SIGTERM, SIGHUP};

/// What the supervisor had to say, and the signal that was passed on to it meanwhile, or 0.
struct Heard {
  std::string said;
  int signal = 0;
};

Heard listen(int from, pid_t supervisor, const SignalsTaken& signals) {
  Heard heard;
  for (;;) {
    std::array<pollfd, 2> events{pollfd{from, POLLIN, 0}, pollfd{signals.fd(), POLLIN, 0}};
    if (::poll(events.data(), events.size(), -1) < 0 && errno != EINTR) return heard;
    for (int signal = signals.take(); signal != 0; signal = signals.take()) {
      heard.signal = signal;
      (void)::kill(supervisor, signal);
    }
    if (events[0].revents == 0) continue;
    std::array<char, 4096> buffer;
    const auto n = ::read(from, buffer.data(), buffer.size());
    if (n <= 0) return heard;
    heard.said.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

std::string take_line_of(std::string& text) {
  const auto newline = text.find('\n');
  std::string line = text.substr(0, newline);
  text.erase(0, newline == std::string::npos ? newline : newline + 1);
  return line;
}

/// Tells how it went, by what the supervisor said.
int conclude(Heard heard, pid_t supervisor, const LogView& view, Context& context) {
  auto& said = heard.said;
  const std::string id = take_line_of(said);
  std::string word = take_line_of(said);
  for (; word.starts_with(kNote); word = take_line_of(said)) {
    tell_on_stderr(word.substr(kNote.size()), view);
  }
  if (word == "ready") {
    const bool json = context.format == OutputFormat::kJson;
    print(context, json ? "{\"id\":\"" + id + "\",\"state\":\"ready\"}\n" : id + '\n');
    return context.exit_code;
  }
  int status = 0;
  while (::waitpid(supervisor, &status, 0) < 0 && errno == EINTR) {
  }
  if (!word.empty()) {
    (void)write_fully(STDERR_FILENO, said);
  } else if (heard.signal != 0) {  // that came before the supervisor was ready for one
    (void)write_fully(STDERR_FILENO, "hitch: interrupted by " + signal_name(heard.signal) + '\n');
  } else {
    report_failure(context, Error::because("the supervisor ended without a word"));
    return context.exit_code;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int run_in_background(const RunOptions& options, Context& context) {
  // The supervisor has to start its own: this process ends before it.
  const auto scratch =
      scratch_without_namespaces(*start_init_early(installed_program("hitch-init").native()));
  const auto bundle = load_to_run(options, context, scratch);
  if (!bundle) return context.exit_code;
  auto pipe = Pipe::create();
  if (!pipe) {
    report_failure(context, pipe.error());
    return context.exit_code;
  }
  const SignalsTaken signals(kStopSignals);
  const pid_t supervisor = ::fork();  // there is one thread
  if (supervisor < 0) {
    report_failure(context, Error::from_errno(errno, "create a process"));
    return context.exit_code;
  }
  if (supervisor == 0) {
    signals.give_back();
    auto view = view_for(*bundle, STDERR_FILENO, context);
    let_go_of_caller(pipe->write_end.get());
    supervise(*bundle, options, std::move(view));
  }
  pipe->write_end.reset();
  const auto heard = listen(pipe->read_end.get(), supervisor, signals);
  const int code = conclude(heard, supervisor, view_for(*bundle, STDERR_FILENO, context), context);
  return heard.signal != 0 && code == 0 ? 128 + heard.signal : code;
}

}  // namespace hitch
