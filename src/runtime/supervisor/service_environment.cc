#include "runtime/supervisor/service_environment.h"

#include <sys/resource.h>

#include "runtime/clock/machine_clock.h"

namespace hitch {

std::string notify_path_of(const BundleSpec& bundle, std::string_view service) {
  return bundle.data_dir(service) + "/.notify";
}

namespace {

/// Where the caller's programs and home are means nothing in there.
ProcessEnvironment environment_in_root(const RootSpec& root, const ServiceSpec& service,
                                       const ProcessEnvironment& caller) {
  const auto around = ProcessEnvironment::clean(caller, service.pass_environment);
  ProcessEnvironment result;
  result.set("PATH", kDefaultPath);
  result.set("HOME", "/");
  for (const auto& [name, value] : around.variables()) {
    if (name != "PATH" && name != "HOME" && name != "USER") result.set(name, value);
  }
  for (const auto& [name, value] : root.environment) result.set(name, value);
  return result;
}

}  // namespace

ProcessEnvironment service_environment(const BundleSpec& bundle, const ServiceSpec& service,
                                       const ProcessEnvironment& caller, bool has_notify_socket) {
  auto result = service.root ? environment_in_root(*service.root, service, caller)
                             : ProcessEnvironment::clean(caller, service.pass_environment);
  result.set("HITCH_BUNDLE", bundle.name);
  result.set("HITCH_SERVICE", service.name);
  result.set("HITCH_DATA", bundle.data_dir(service.name));
  if (!bundle.temporary_directory.empty()) result.set("TMPDIR", bundle.temporary_directory);
  if (has_notify_socket) result.set("NOTIFY_SOCKET", notify_path_of(bundle, service.name));
  for (const auto& [name, value] : service.environment) result.set(name, value);
  return result;
}

ProcessEnvironment command_environment(const BundleSpec& bundle, const ProcessEnvironment& caller) {
  auto result = caller;
  result.set("HITCH_BUNDLE", bundle.name);
  if (!bundle.temporary_directory.empty()) result.set("TMPDIR", bundle.temporary_directory);
  for (const auto& [name, value] : bundle.environment) result.set(name, value);
  return result;
}

LaunchRequest launch_for(const ServiceSpec& service, const Command& command,
                         const ProcessEnvironment& environment) {
  LaunchRequest request;
  request.argv = command;
  request.programs = program_candidates(command.front(), environment.search_path());
  request.environment = environment.strings();
  request.directory = service.working_dir.native();
  if (service.root) request.root = service.root->number;
  if (service.real_clock) request.persona = kMachineClockPersona;
  request.limits.push_back({RLIMIT_CORE, 0, 0});
  if (service.limits.open_files) {
    request.limits.push_back(
        {RLIMIT_NOFILE, *service.limits.open_files, *service.limits.open_files});
  }
  return request;
}

}  // namespace hitch
