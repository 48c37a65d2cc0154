#include "runtime/supervisor/set_up_fallback.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "runtime/base/thread.h"
#include "runtime/data/copy_tree.h"
#include "runtime/data/run_dir.h"
#include "runtime/supervisor/step_down.h"
#include "runtime/supervisor/view_plan.h"

namespace hitch {

namespace {

constexpr Milliseconds kKillPatience{5000};

std::string megabytes(std::uint64_t bytes) {
  return std::to_string((bytes + (1U << 20) - 1) >> 20) + " MiB";
}

/// A copy on its way, shared by the loop and the thread that copies.
struct Copying {
  explicit Copying(const asio::any_io_executor& executor) : ended(executor) {}
  std::optional<Result<CopiedBytes>> outcome;  ///< the loop's
  Event ended;
};

/// Copies on a thread of its own, as gigabytes may be copied while the loop has signals to answer.
/// The thread does not clone, so the rule that only one thread does holds.
Task<CopiedBytes> copy_beside_the_loop(asio::any_io_executor executor, std::string source,
                                       std::string target, std::stop_token stop) {
  const auto copying = std::make_shared<Copying>(executor);
  const auto work = [copying, executor, source, target, stop] {
    auto outcome = copy_tree(source, target, stop);
    asio::post(executor, [copying, outcome = std::move(outcome)] {
      copying->outcome = outcome;
      copying->ended.wake_all();
    });
  };
  HITCH_CO_TRY(const auto worker, start_thread(work));  // joined on the way out, whichever that is
  while (!copying->outcome) HITCH_CO_CHECK(co_await copying->ended.wait());
  co_return *copying->outcome;
}

/// What programs take for the name of their host has to lead to the bundle.
void keep_host_name(const std::string& name, BundleSpace::Request* request) {
  request->hostname.clear();
  request->layout.hosts += "127.0.0.1 " + name + '\n';
}

LayoutRequest::Root* find_root(LayoutRequest* layout, std::uint32_t number) {
  return &*std::find_if(layout->roots.begin(), layout->roots.end(),
                        [number](const auto& root) { return root.number == number; });
}

}  // namespace

void SetUpFallback::stop() noexcept {
  stop_.request_stop();
}

Task<Done> SetUpFallback::set_up(std::unique_ptr<BundleSpace>* space,
                                 BundleSpace::Request* request) {
  // What preparing data has found out already.
  if (read_only_home_ == request->layout.home) {
    request->layout.home_writes = LayoutRequest::Home::kReadOnly;
  }
  request->layout.shared_proc = shared_proc_;
  if (machines_name_) keep_host_name(*machines_name_, request);
  for (;;) {
    auto status = co_await (*space)->set_up(request);
    if (status) co_return status;
    const auto& no_proc = (*space)->refused_proc();
    if (no_proc && (no_proc->err() == EPERM || no_proc->err() == EACCES)) {
      HITCH_CO_CHECK(do_without_proc(*no_proc, &request->layout));
    } else if ((*space)->init().refused_host_name() && status.error().err() == EPERM) {
      do_without_host_name(EPERM, request);
    } else if (const auto number = (*space)->refused_root(); number != 0) {
      HITCH_CO_CHECK(co_await copy_root(find_root(&request->layout, number), status.error().err()));
    } else if ((*space)->refused_overlay()) {
      const std::string target = *(*space)->refused_overlay();
      HITCH_CO_CHECK(co_await do_without(target, status.error(), &request->layout));
    } else if ((*space)->clock_refusal() && request->clock->may_fall_back) {
      HITCH_CO_CHECK(do_without_vdso(*(*space)->clock_refusal(), request));
    } else {
      co_return status;
    }
    HITCH_CO_CHECK(co_await replace(space, request));
  }
}

void SetUpFallback::do_without_host_name(int err, BundleSpace::Request* request) {
  std::array<char, HOST_NAME_MAX + 1> name{};
  (void)::gethostname(name.data(), name.size() - 1);
  machines_name_ = name.data();
  scope_->say("the host name cannot be set here (" + errno_text(err) + "): it is " +
              in_quotes(*machines_name_) + ", as outside");
  keep_host_name(*machines_name_, request);
}

/// mount_namespaces(7): who has covered parts of /proc, as containers have, gets no fresh one.
Status SetUpFallback::do_without_proc(const Error& refusal, LayoutRequest* layout) {
  const auto hinted =
      Error(refusal).with_hint("start the container with --security-opt systempaths=unconfined");
  HITCH_CHECK(step_down(scope_, request_, IsolationLevel::kSharedProc, hinted));
  layout->shared_proc = shared_proc_ = true;
  return Done{};
}

Task<Done> SetUpFallback::do_without(std::string target, Error refusal, LayoutRequest* layout) {
  const auto is_it = [&](const auto& prepared) { return prepared.target == target; };
  const auto prepared = std::find_if(layout->prepared.begin(), layout->prepared.end(), is_it);
  if (prepared != layout->prepared.end()) co_return co_await copy_data(&*prepared, refusal.err());
  if (target == layout->bundle_directory) {
    co_return std::move(refusal).with_hint(
        "'filesystem: overlay' needs one; with 'filesystem: private' the bundle works on the "
        "directory itself, of which it could be given a copy");
  }
  layout->home_writes = LayoutRequest::Home::kReadOnly;
  read_only_home_ = target;
  scope_->say("the kernel refuses an overlay on " + in_quotes(target) + " (" +
              errno_text(refusal.err()) + "): it is read-only in this run");
  co_return Done{};
}

Status SetUpFallback::do_without_vdso(const Error& refusal, BundleSpace::Request* request) {
  HITCH_TRY(auto plan, plan_without_vdso(*request->clock, refusal));
  scope_->say("the bundle's clock is made by libfaketime: " + plan.why_not_vdso);
  use_clock(std::move(plan), *request);
  return Done{};
}

Task<std::string> SetUpFallback::copy(std::string source, std::string target, std::string what,
                                      int err) {
  if (!copies_) {
    const auto place = request_->directories.copies();
    const auto run = std::filesystem::path(request_->runtime_directory).filename().native();
    HITCH_CO_CHECK(make_directories(place));
    auto made = LeasedDir::create(place, run);
    if (!made) co_return std::move(made).error();
    copies_.emplace(*std::move(made));
  }
  const std::string copy = (copies_->path() / std::to_string(copy_number_++)).native();
  const auto began = Clock::now();
  auto copied = co_await copy_beside_the_loop(scope_->executor, source, copy, stop_.get_token());
  if (!copied) co_return std::move(copied).error().within("make " + what);
  time_copying_ += Clock::now() - began;
  scope_->say("the kernel refuses an overlay on " + in_quotes(target) + " (" + errno_text(err) +
              "): this run has " + what + ", " + megabytes(copied->copied) +
              (copied->shared > 0 ? " and shared blocks" : ""));
  co_return copy;
}

Task<Done> SetUpFallback::copy_data(LayoutRequest::Prepared* prepared, int err) {
  HITCH_CO_TRY(prepared->source,
               co_await copy(prepared->source, prepared->target, "a copy of its data", err));
  prepared->writable = true;
  co_return Done{};
}

Task<Done> SetUpFallback::copy_root(LayoutRequest::Root* root, int err) {
  HITCH_CO_TRY(const auto whole, co_await roots_->prepare_whole(root->number));
  HITCH_CO_TRY(auto source,
               co_await copy(whole.native(), whole.native(), "a copy of this root", err));
  root->layers = {std::move(source)};
  root->writable = true;
  co_return Done{};
}

/// The new one first: as long as there is one, its owner can kill it.
Task<Done> SetUpFallback::replace(std::unique_ptr<BundleSpace>* space,
                                  const BundleSpace::Request* request) {
  HITCH_CO_TRY(auto fresh, BundleSpace::start(scope_->executor, *request));
  scope_->init = &fresh->init();
  scope_->init_pid = fresh->init_pid();
  space->swap(fresh);
  auto gone = co_await fresh->destroy(kKillPatience);
  if (gone && stop_.stop_requested()) co_return Error::because("stopped", Kind::kInterrupted);
  co_return gone;
}

}  // namespace hitch
