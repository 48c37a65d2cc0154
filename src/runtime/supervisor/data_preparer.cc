#include "runtime/supervisor/data_preparer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/supervisor/hooks.h"
#include "runtime/supervisor/process_place.h"
#include "runtime/supervisor/service_environment.h"

namespace hitch {

namespace {

/// While another run prepares the same data.
constexpr Milliseconds kLookAgain{20};
constexpr Milliseconds kKillPatience{5000};
/// Part of every key: raised when what preparing does changes.
constexpr std::string_view kFormat = "1";

Error stopped() {
  return Error::because("stopped", Kind::kInterrupted);
}

/// To who is to fill it.
Status give_away(const std::string& directory, const IdMap& ids) {
  if (::chown(directory.c_str(), ids.inside_uid, ids.inside_gid) == 0) return Done{};
  return Error::from_errno(errno, "give away directory", directory);
}

}  // namespace

void DataPreparer::stop() noexcept {
  stopped_ = true;
  roots_->stop();
  if (space_) space_->kill();
}

Task<std::vector<LayoutRequest::Prepared>> DataPreparer::prepare_all() {
  auto roots = co_await roots_->prepare_all();
  at_work_for_ = roots_->at_work_for();
  if (!roots) co_return std::move(roots).error();
  std::vector<LayoutRequest::Prepared> result;
  for (const auto& service : request_->bundle.services) {
    if (!service.data) continue;
    at_work_for_ = service.name;
    if (scope_->place != nullptr) {
      HITCH_CO_CHECK(co_await prepare_in_place(&service));
      continue;
    }
    auto prepared = request_->use_cache ? prepare(&service) : prepare_once(&service);
    auto made = co_await std::move(prepared);
    if (!made) {
      co_return std::move(made).error().within("prepare the data of service '" + service.name +
                                               "'");
    }
    result.push_back(*std::move(made));
  }
  co_return result;
}

Result<std::string> DataPreparer::key_of(const ServiceSpec& service) const {
  PreparedKey key;
  key.add(kFormat);
  key.add(prepared_target(request_->bundle, service));
  key.add(service.user);
  // Files belong to who made them: without a user namespace that is another one.
  if (service.root) {
    key.add("root");
    key.add(service.root->image_id);
    if (service.root->image_id.empty()) key.add_program(service.root->directory);
  }
  if (scope_->plain_user) key.add("uid " + std::to_string(scope_->plain_user->uid));
  const auto environment =
      service_environment(request_->bundle, service, request_->caller.environment, false);
  for (const auto& [name, value] : environment.variables()) {
    // Who prepares, for which bundle and on which terminal makes no difference to what comes out.
    static constexpr std::array<std::string_view, 5> kNoMatter{"HOME", "USER", "TERM", "PATH",
                                                               "HITCH_BUNDLE"};
    if (std::find(kNoMatter.begin(), kNoMatter.end(), name) != kNoMatter.end()) continue;
    key.add(name);
    key.add(value);
  }
  std::vector<Command> commands = service.data->prepare;
  for (const auto& command : commands) {
    for (const auto& word : command) key.add(word);
    key.add("");
  }
  commands.push_back(service.command);
  if (service.root) commands.clear();  // the programs are those of the root
  for (const auto& command : commands) {
    for (const auto& candidate : program_candidates(command.front(), environment.search_path())) {
      struct stat info {};
      if (::stat(candidate.c_str(), &info) != 0) continue;
      key.add_program(candidate);
      break;
    }
  }
  for (const auto& file : service.data->key) HITCH_CHECK(key.add_file(file));
  return key.name();
}

Task<LayoutRequest::Prepared> DataPreparer::prepare(const ServiceSpec* service) {
  HITCH_CO_TRY(const std::string key, key_of(*service));
  const PreparedCache cache(request_->directories.cache);
  for (;;) {
    if (const auto entry = cache.find(key)) {
      LayoutRequest::Prepared found{entry->native(), prepared_target(request_->bundle, *service),
                                    false};
      co_return found;
    }
    HITCH_CO_TRY(auto making, cache.try_make(key));
    if (making && !cache.find(key)) {
      HITCH_CO_CHECK(co_await fill(service, making->directory().native()));
      HITCH_CO_CHECK(making->commit());
      cache.drop_unused();
      continue;
    }
    making.reset();
    HITCH_CO_CHECK(co_await sleep_for(kLookAgain));
    if (stopped_) co_return stopped();
  }
}

Task<LayoutRequest::Prepared> DataPreparer::prepare_once(const ServiceSpec* service) {
  const std::string directory = request_->runtime_directory + "/data." + service->name;
  if (::mkdir(directory.c_str(), 0700) != 0) {
    co_return Error::from_errno(errno, "create directory", directory);
  }
  HITCH_CO_CHECK(co_await fill(service, directory));
  LayoutRequest::Prepared made{directory, prepared_target(request_->bundle, *service), true};
  co_return made;
}

Task<Done> DataPreparer::prepare_in_place(const ServiceSpec* service) {
  HITCH_CO_TRY(const std::string directory, scope_->place->make_data_directory(*service));
  co_return co_await fill(service, directory);
}

Task<Done> DataPreparer::fill(const ServiceSpec* service, std::string directory) {
  if (service->data->prepare.empty()) co_return Done{};
  BundleSpec alone = request_->bundle;
  alone.services = {*service};
  std::vector<LayoutRequest::Prepared> target;
  target.push_back({directory, prepared_target(request_->bundle, *service), true});
  auto space_request = plan_space(alone, request_->caller, service->data->prepare.front(),
                                  std::move(target), request_->init_program, scope_->plain_user);
  use_roots(roots_->contents(), alone, space_request);
  space_request.way_out_lost = [this](Error error) {
    scope_->fail(std::move(error), "");
    space_->kill();  // there is no time limit on what waits for an answer from outside
  };
  if (scope_->place != nullptr) {
    scope_->place->apply(space_request);
  } else if (!space_request.own_users) {
    HITCH_CO_CHECK(give_away(directory, space_request.ids));
  }
  HITCH_CO_TRY(space_, BundleSpace::start(scope_->executor, space_request));
  scope_->init = &space_->init();
  scope_->init_pid = space_->init_pid();
  auto status = co_await fallback_->set_up(&space_, &space_request);
  if (status) status = co_await run_commands(service);
  const auto gone = co_await space_->destroy(kKillPatience);
  space_.reset();
  if (status && !gone) co_return gone;
  co_return status;
}

Task<Done> DataPreparer::run_commands(const ServiceSpec* service) {
  const auto environment =
      service_environment(request_->bundle, *service, request_->caller.environment, false);
  for (const auto& command : service->data->prepare) {
    auto status = co_await run_hook(scope_, service, command, &environment, Phase::kSetup,
                                    HookOutput::kLogged);
    const std::string phrase = "command '" + command_text(command) + "'";
    if (!status) co_return std::move(status).error().with_kind(Kind::kEnvironment).within(phrase);
    if (stopped_) co_return stopped();
    if (status->code() != 0) co_return Error::because(phrase + ' ' + status->text());
  }
  co_return Done{};
}

}  // namespace hitch
