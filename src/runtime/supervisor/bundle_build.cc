// How a run gets the place where its bundle lives: its directories, namespaces and clock.

#include <boost/asio/post.hpp>

#include "runtime/supervisor/bundle_run.h"
#include "runtime/supervisor/time_control.h"

namespace hitch {

Status BundleRun::make_place() {
  if (scope_.isolation.level != IsolationLevel::kProcess) return Done{};
  HITCH_TRY(auto place, ProcessPlace::make(*request_, *scope_.plain_user));
  scope_.place = &place_.emplace(std::move(place));
  return Done{};
}

Task<Done> BundleRun::build_space(EarlyInit* early) {
  const auto& bundle = request_->bundle;
  auto prepared = co_await preparer_.prepare_all();
  if (must_end()) co_return Done{};
  if (!prepared) {
    fail(prepared.error(), preparer_.at_work_for());
    co_return Done{};
  }
  began_ = Clock::now();  // preparing is done once; starting is what the timeout is about
  space_request_ = plan_space(bundle, request_->caller, request_->command, *std::move(prepared),
                              request_->init_program, scope_.plain_user);
  use_roots(root_preparer_.contents(), bundle, space_request_);
  if (scope_.place != nullptr) scope_.place->apply(space_request_);
  space_request_.way_out_lost = [this](Error error) { fail(std::move(error), ""); };
  if (has_own_clock(bundle)) {
    const auto* place = scope_.place;
    const auto where = place != nullptr ? place->directory() : request_->runtime_directory;
    HITCH_CO_TRY(auto clock, plan_clock(bundle, where));
    use_clock(std::move(clock), space_request_);
  }
  HITCH_CO_TRY(space_, BundleSpace::start(scope_.executor, space_request_, early));
  own_early_init_.reset();  // if it was of another kind
  scope_.init = &space_->init();
  scope_.init_pid = space_->init_pid();
  if (on_started_) asio::post(scope_.executor, on_started_);  // once init has something to do
  auto status = co_await fallback_.set_up(&space_, &space_request_);
  is_built_ = true;
  if (const int err = space_->init().unconfined(); err != 0) {
    scope_.say("programs may change files wherever their user may (landlock: " + errno_text(err) +
               ")");
  }
  if (auto* time = space_->time()) connect_clock(time);
  began_ += fallback_.time_copying();
  co_return status;
}

void BundleRun::connect_clock(BundleTime* time) {
  scope_.time = time;
  time->on_lost([this](Error error) { fail(std::move(error), ""); });
  time->on_notice([this](const std::string& text) { scope_.say(text); });
  log_->set_clock(log_clock_of(*time));
  tell_of_clock(scope_.events, *time);
}

}  // namespace hitch
