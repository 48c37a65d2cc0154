#include "runtime/supervisor/exec.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <cerrno>

#include "runtime/ready/inside.h"
#include "runtime/supervisor/limits.h"
#include "runtime/supervisor/log_feed.h"
#include "runtime/supervisor/pump.h"
#include "runtime/supervisor/service_environment.h"

namespace hitch {

namespace {

class RunningExec final : public ExecHandle {
 public:
  RunningExec(BundleScope* scope, std::shared_ptr<BundleProcess> process, UniqueFd terminal)
      : scope_(scope), process_(std::move(process)), terminal_(std::move(terminal)) {}

  pid_t pid() const override { return process_->pidfd.pid(); }
  pid_t pid_inside() const override { return process_->pid_inside; }
  UniqueFd take_terminal() override { return std::move(terminal_); }
  void signal(int number) override {
    // One that hangs up is for all that it has started, as a terminal does it.
    const auto scope =
        number == SIGHUP ? SignalRequest::Scope::kGroup : SignalRequest::Scope::kProcess;
    scope_->init->signal(*process_, number, scope);
  }
  Task<int> wait() override {
    while (!process_->ended) HITCH_CO_CHECK(co_await process_->changed.wait());
    co_return process_->ended->code();
  }

 private:
  BundleScope* scope_;
  std::shared_ptr<BundleProcess> process_;
  UniqueFd terminal_;
};

struct Terminal {
  UniqueFd master, slave;
};

/// A terminal of the bundle's own devpts, so that ttyname(3) works in there; of the machine's if it
/// has none. pty(7), ioctl_tty(2)
Result<Terminal> open_terminal(const BundleScope& scope, int rows, int columns) {
  const char* const multiplexer = scope.place == nullptr ? "/dev/pts/ptmx" : "/dev/ptmx";
  HITCH_TRY(auto master, open_inside(scope.viewer_pid(), multiplexer, O_RDWR | O_NOCTTY));
  int unlock = 0;
  if (::ioctl(master.get(), TIOCSPTLCK, &unlock) != 0) {
    return Error::from_errno(errno, "unlock a terminal");
  }
  UniqueFd slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave.is_open()) return Error::from_errno(errno, "open a terminal");
  winsize size{};
  size.ws_row = static_cast<unsigned short>(rows);
  size.ws_col = static_cast<unsigned short>(columns);
  if (::ioctl(slave.get(), TIOCSWINSZ, &size) != 0) {
    return Error::from_errno(errno, "set the size of a terminal");
  }
  return Terminal{std::move(master), std::move(slave)};
}

/// A name of `subcommands` stands for its words; what follows it is added.
Command command_of(const ServiceSpec& service, const std::vector<std::string>& argv) {
  for (const auto& [name, prefix] : service.subcommands) {
    if (name != argv.front()) continue;
    Command command = prefix;
    command.insert(command.end(), argv.begin() + 1, argv.end());
    return command;
  }
  return argv;
}

/// For what runs beside the services.
ServiceSpec bundle_itself(const BundleSpec& bundle) {
  ServiceSpec spec;
  spec.name = "bundle";
  spec.working_dir = bundle.directory;
  spec.environment = bundle.environment;
  return spec;
}

}  // namespace

Task<std::shared_ptr<ExecHandle>> start_exec(BundleScope* scope, const ServiceRun* service,
                                             ExecRequest request) {
  const ServiceSpec spec = service != nullptr ? service->spec() : bundle_itself(*scope->spec);
  auto environment = service != nullptr
                         ? service->environment()
                         : service_environment(*scope->spec, spec, *scope->caller, false);
  for (const auto& [name, value] : request.environment) environment.set(name, value);
  auto launch = launch_for(spec, command_of(spec, request.argv), environment);
  if (!request.directory.empty()) launch.directory = request.directory;
  Terminal terminal;
  std::shared_ptr<OutputPump> pump;
  UniqueFd null_device;
  if (!request.log_phase.empty()) {
    HITCH_CO_TRY(const Phase phase, phase_named(request.log_phase));
    null_device.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null_device.is_open()) co_return Error::from_errno(errno, "open", "/dev/null");
    HITCH_CO_TRY(pump, OutputPump::create(scope, spec.name, phase));
    launch.stdio = {null_device.get(), pump->out_fd(), pump->err_fd()};
  } else if (request.terminal) {
    HITCH_CO_TRY(terminal, open_terminal(*scope, request.rows, request.columns));
    const int slave = terminal.slave.get();
    launch.stdio = {slave, slave, slave};
    launch.session = ChildSession::kTerminal;
  } else {
    for (std::size_t i = 0; i < 3; ++i) launch.stdio[i] = request.stdio[i].get();
  }
  if (service != nullptr) enter_groups(*scope, spec.name, &launch);
  HITCH_CO_TRY(auto process, co_await scope->init->launch(std::move(launch)));
  if (pump) {
    pump->start();
    process->before_end = [pump] { pump->drain(); };
  }
  co_return std::make_shared<RunningExec>(scope, std::move(process), std::move(terminal.master));
}

}  // namespace hitch
