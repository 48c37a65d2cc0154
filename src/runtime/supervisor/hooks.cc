#include "runtime/supervisor/hooks.h"

#include <fcntl.h>

#include <cerrno>

#include "runtime/supervisor/limits.h"
#include "runtime/supervisor/pump.h"
#include "runtime/supervisor/service_environment.h"

namespace hitch {

Task<ExitStatus> run_hook(BundleScope* scope, const ServiceSpec* service, Command command,
                          const ProcessEnvironment* environment, Phase phase, HookOutput output) {
  UniqueFd null_device(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null_device.is_open()) co_return Error::from_errno(errno, "open", "/dev/null");
  LaunchRequest request = launch_for(*service, command, *environment);
  request.stdio = {null_device.get(), null_device.get(), null_device.get()};
  std::shared_ptr<OutputPump> pump;
  if (output == HookOutput::kLogged) {
    HITCH_CO_TRY(pump, OutputPump::create(scope, service->name, phase));
    request.stdio = {null_device.get(), pump->out_fd(), pump->err_fd()};
  }
  enter_groups(*scope, service->name, &request);
  HITCH_CO_TRY(const auto process, co_await scope->init->launch(std::move(request)));
  if (pump) {
    pump->start();
    process->before_end = [pump] { pump->drain(); };
  }
  while (!process->ended) HITCH_CO_CHECK(co_await process->changed.wait());
  if (pump) pump->drain();
  co_return *process->ended;
}

std::string command_text(const Command& command) {
  constexpr std::size_t kMost = 80;
  std::string text;
  for (const auto& word : command) text += (text.empty() ? "" : " ") + word;
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  if (text.size() > kMost) text.replace(kMost - 3, text.npos, "...");
  return text;
}

}  // namespace hitch
