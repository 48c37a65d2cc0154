#include "runtime/host/host.h"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "runtime/base/exit_code.h"
#include "runtime/base/thread.h"
#include "runtime/cgroup/group_record.h"
#include "runtime/data/run_dir.h"
#include "runtime/data/run_id.h"
#include "runtime/supervisor/bundle_run.h"
#include "runtime/supervisor/namespace_rights.h"
#include "runtime/supervisor/service_roots.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

HostOutcome failed(const Error& error) {
  HostOutcome outcome;
  outcome.exit_code = exit_code_of(error.kind());
  outcome.reason = sentence_of(error);
  return outcome;
}

/// A bundle takes six descriptors a service, and the usual soft limit of 1024 is there for programs
/// that use select(2). @return the limit as it was, if it was raised. setrlimit(2)
std::optional<rlimit> raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) {
    return std::nullopt;
  }
  const rlimit before = limit;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return before;
}

Result<Caller> caller_of_this_process() {
  std::error_code ec;
  const auto directory = fs::current_path(ec);
  if (ec) return Error::from_errno(ec.value(), "find the current directory");
  return Caller{ProcessEnvironment::of_caller(), directory.native(), ::geteuid(), ::getegid(),
                raise_descriptor_limit()};
}

/// @param when_started  called once init has been cloned: a copy of a process with one thread is
///                      the cheapest
RunOutcome run_loop(const RunRequest& request, LogStore& log, std::function<void()> when_started,
                    std::function<void()> when_ready) {
  asio::io_context loop{1};
  BundleRun run(loop.get_executor(), &request, &log);
  run.on_started(std::move(when_started));
  run.on_ready(std::move(when_ready));
  RunOutcome outcome;
  asio::co_spawn(loop, run.run(), [&](std::exception_ptr failure, RunOutcome result) {
    if (failure) std::rethrow_exception(failure);
    outcome = std::move(result);
  });
  loop.run();
  return outcome;
}

Result<HostOutcome> host(const HostRequest& request, const std::function<void(LogStore&)>& watch) {
  HITCH_TRY(const auto directories, Directories::of_caller());
  HITCH_TRY(auto caller, caller_of_this_process());
  HITCH_TRY(const auto run_dir, RunDir::create(directories, request.bundle.name));
  HITCH_TRY(auto log, LogStore::create(run_dir.state()));
  watch(log);
  const bool has_mounts = request.bundle.temporary_directory.empty();
  if (has_mounts && request.bundle.filesystem == FilesystemMode::kHost) {
    // The place where the bundle's own tmpfs is mounted, in its namespace alone.
    HITCH_CHECK(make_directories(fs::path(request.bundle.data_root).parent_path()));
  }
  BundleSpec bundle = request.bundle;
  HITCH_CHECK(resolve_roots(bundle));
  const RunRequest run_request{.bundle = std::move(bundle),
                               .command = request.command,
                               .caller = std::move(caller),
                               .directories = directories,
                               .runtime_directory = run_dir.runtime().native(),
                               .init_program = request.init_program,
                               .early_init = request.early_init.get(),
                               .use_cache = request.use_cache,
                               .owner = request.owner,
                               .shell_on_failure = request.shell_on_failure,
                               .on_step_down = request.on_step_down};
  std::vector<MountPoint> wanted;
  if (has_mounts) {
    wanted = mount_points_on_host(run_request.bundle, run_request.caller, run_request.command);
  }
  HITCH_TRY(const auto mount_points, MountPoints::make(directories.mount_points(), wanted));
  // Beside the run, as removing files may wait for the disk. It does not clone, so the rule that
  // only one thread does holds.
  std::jthread housekeeping;
  const auto clean_up = [&] {
    if (!has_leftovers(directories, run_dir.runtime())) return;
    auto started = start_thread([&] {
      collect_leftovers(directories, run_dir.runtime(),
                        [](const auto& run) { remove_leftover_groups(run / kGroupRecordFile); });
    });
    if (started) housekeeping = *std::move(started);  // else the next run will do it
  };
  auto run = run_loop(run_request, log, clean_up, request.on_ready);
  if (request.on_over) request.on_over(log);
  (void)log.append_line(
      log.open_stream({std::string(kHitchService), OutputStream::kOut, Phase::kHarness}),
      run.reason);
  if (housekeeping.joinable()) housekeeping.join();  // before what it works on goes
  HostOutcome outcome;
  outcome.exit_code = run.exit_code;
  outcome.reason = std::move(run.reason);
  outcome.failed_service = std::move(run.failed_service);
  outcome.log = log.file();
  outcome.state_directory = run_dir.state().native();
  return outcome;
}

}  // namespace

std::string host_view_data_root() {
  const auto directories = Directories::of_caller();
  return directories ? (directories->cache / "mnt" / "data").native() : std::string();
}

std::string scratch_without_namespaces(const EarlyInit& early) {
  if (!has_no_namespaces(early)) return "";
  const auto directories = Directories::of_caller();
  return directories ? (directories->scratch / make_run_id("run")).native() : "";
}

std::shared_ptr<EarlyInit> start_init_early(std::string program) {
  return std::make_shared<EarlyInit>(std::move(program));
}

HostOutcome host_bundle(const HostRequest& request, const std::function<void(LogStore&)>& watch) {
  try {
    auto outcome = host(request, watch);
    if (!outcome) return failed(outcome.error());
    return *std::move(outcome);
  } catch (const boost::system::system_error& error) {  // Asio, of what its loop is made of
    auto why = Error::from_errno(error.code().value(), "make an event loop");
    if (why.err() == EMFILE) why = std::move(why).with_hint("ulimit -n is too low here");
    return failed(why);
  }
}

}  // namespace hitch
