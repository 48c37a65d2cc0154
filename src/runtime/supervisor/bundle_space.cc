#include "runtime/supervisor/bundle_space.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/supervisor/clock_probe.h"
#include "runtime/supervisor/faketime_time.h"
#include "runtime/supervisor/stuck.h"
#include "runtime/supervisor/vdso_time.h"

namespace hitch {

namespace {

constexpr std::string_view kWithinOutbound = "set up 'network: outbound'";

Result<InitProcess> obtain(const InitProcess::Request& wanted, EarlyInit* early) {
  auto started = early != nullptr ? early->take(wanted) : std::nullopt;
  if (started) return *std::move(started);
  return InitProcess::start(wanted);
}

std::optional<PlainUser> user_of(const BundleSpace::Request& request) {
  const bool is_the_caller = request.ids.inside_uid == ::geteuid();
  if (request.own_users || is_the_caller) return std::nullopt;
  return PlainUser{request.ids.inside_uid, request.ids.inside_gid};
}

}  // namespace

BundleSpace::BundleSpace(const asio::any_io_executor& executor, InitProcess process, UniqueFd ended)
    : process_(std::move(process)),
      link_(executor, std::move(process_.channel)),
      tasks_(executor),
      ended_(executor, ended.release()) {}

Result<std::unique_ptr<BundleSpace>> BundleSpace::start(const asio::any_io_executor& executor,
                                                        const Request& request, EarlyInit* early) {
  if (request.outbound) HITCH_CHECK(check_pasta(request.outbound->programs));
  HITCH_TRY(auto process, obtain({.program = request.init_program,
                                  .private_network = request.private_network,
                                  .ids = request.ids,
                                  .own_users = request.own_users,
                                  .namespaces = !request.without_namespaces},
                                 early));
  auto ended = duplicate(process.pidfd.get());  // for the loop to wait on. pidfd_open(2)
  if (!ended) {
    process.end();
    return std::move(ended).error();
  }
  auto space = std::make_unique<BundleSpace>(executor, std::move(process), *std::move(ended));
  if (const auto user = user_of(request)) space->link_.set_owner_of_pipes(*user);
  if (request.descriptors) space->link_.set_descriptor_limit(*request.descriptors);
  space->tasks_.spawn(space->link_.run());
  return space;
}

Task<Done> BundleSpace::set_up(const Request* request) {
  HITCH_CO_CHECK(co_await build(request));
  if (request->clock) HITCH_CO_CHECK(co_await start_clock(request));
  if (request->outbound) co_return co_await open_way_out(request);
  co_return Done{};
}

Task<Done> BundleSpace::start_clock(const Request* request) {
  if (request->clock->library) {
    HITCH_CO_TRY(auto time, FaketimeTime::start(*request->clock));
    link_.before_launch(
        [time = time.get()](LaunchRequest& launch) { return time->adjust(launch); });
    time_ = std::move(time);
    co_return Done{};
  }
  auto status = co_await start_vdso_clock(request);
  if (!status) clock_refusal_ = status.error();
  co_return status;
}

Task<Done> BundleSpace::start_vdso_clock(const Request* request) {
  const auto* const plan = &*request->clock;
  VdsoTime::Request wanted;
  wanted.program = plan->program;
  wanted.listener = link_.take_clock_listener();
  wanted.init_pid = process_.pid;
  // Without namespaces nobody has rights over others' programs.
  const auto user = request->without_namespaces ? user_of(*request) : std::nullopt;
  wanted.user = user ? user->uid : ::geteuid();
  wanted.group = user ? user->gid : ::getegid();
  wanted.exceptions = plan->exceptions;
  wanted.clock = plan->start;
  HITCH_CO_TRY(auto started, VdsoTime::start(ended_.get_executor(), std::move(wanted)));
  auto* const time = started.get();
  time_ = std::move(started);
  HITCH_CO_CHECK(co_await probe_clock(&link_, time, plan->program));
  co_return co_await time->put_in_force();
}

Task<Done> BundleSpace::open_way_out(const Request* request) {
  // Not before, as init makes its network itself: until then it is in the caller's.
  auto started = OutboundNetwork::start(ended_.get_executor(), *request->outbound, process_.pid);
  if (!started) co_return std::move(started).error().within(kWithinOutbound);
  outbound_ = *std::move(started);
  outbound_->on_lost(request->way_out_lost);
  auto up = co_await outbound_->wait_until_up(request->patience);
  if (!up) co_return std::move(up).error().within(kWithinOutbound);
  co_return up;
}

Task<Done> BundleSpace::build(const Request* request) {
  MountPlan mounts;
  if (!request->without_namespaces) mounts = plan_layout(request->layout);
  InitLink::Setup wanted{.hostname = request->hostname,
                         .private_network = request->private_network,
                         .with_clock = request->clock && !request->clock->library,
                         .uptime = request->uptime,
                         .user = user_of(*request),
                         .capabilities = request->capabilities,
                         .filter = filter_rules(request->filter),
                         .mounts = mounts,
                         .without_namespaces = request->without_namespaces,
                         .patience = request->patience};
  auto status = co_await link_.set_up(std::move(wanted));
  const auto refused = link_.refused_mount();
  if (refused != 0 && mounts[refused - 1].kind == MountKind::kOverlay) {
    refused_overlay_ = mounts[refused - 1].target;
  }
  if (refused != 0 && mounts[refused - 1].kind == MountKind::kRootOverlay) {
    refused_root_ = mounts[refused - 1].root;
  }
  if (!status && refused != 0 && mounts[refused - 1].kind == MountKind::kProc) {
    refused_proc_ = Error::from_errno(status.error().err(), "mount a fresh proc");
  }
  if (!status && link_.refused_filter() && request->clock) clock_refusal_ = status.error();
  if (!status && link_.is_closed() && !link_.has_given_up()) co_return process_.why_it_never_ran();
  co_return status;
}

void BundleSpace::kill() noexcept {
  if (outbound_) outbound_->kill();
  if (time_) time_->expect_end();
  process_.kill();
}

Task<Done> BundleSpace::destroy(Milliseconds patience) {
  kill();
  asio::steady_timer limit(ended_.get_executor(), patience);
  limit.async_wait([this](boost::system::error_code ec) {
    if (!ec) ended_.cancel();
  });
  const auto [too_late] = co_await ended_.async_wait(ended_.wait_read, kTuple);
  limit.cancel();
  co_await tasks_.stop();
  Status outbound_gone = Done{};
  if (time_) co_await time_->stop();
  if (outbound_) outbound_gone = co_await outbound_->stop(patience);
  if (too_late && !process_.has_been_reaped()) {
    const auto stuck = what_is_stuck(process_.pid);
    co_return Error::because("processes of the bundle are still there " +
                             std::to_string(patience.count() / 1000) +
                             " seconds after they were killed; its init has pid " +
                             std::to_string(process_.pid) + (stuck.empty() ? "" : ": " + stuck))
        .with_hint(
            "state D waits for a device or a file server; a control group may be frozen: they end "
            "with what they wait for");
  }
  if (!too_late) process_.reap();
  co_return outbound_gone;
}

}  // namespace hitch
