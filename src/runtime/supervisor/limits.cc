#include "runtime/supervisor/limits.h"

#include <algorithm>
#include <cerrno>
#include <map>

namespace hitch {

namespace {

constexpr Milliseconds kLookAgain{2};

std::string_view key_of(Controller controller) {
  return controller == Controller::kCpu ? "cpus" : name_of(controller);
}

bool has_limit(const Limits& limits, Controller controller) {
  switch (controller) {
    case Controller::kMemory:
      return limits.memory_bytes.has_value();
    case Controller::kCpu:
      return limits.cpus.has_value();
    case Controller::kPids:
      return limits.pids.has_value();
  }
  return false;
}

bool has_limits(const Limits& limits) {
  return std::any_of(kControllers.begin(), kControllers.end(),
                     [&](Controller controller) { return has_limit(limits, controller); });
}

Status set_limit(const ServiceGroup& group, const Limits& limits, Controller controller) {
  switch (controller) {
    case Controller::kMemory:
      return group.limit_memory(*limits.memory_bytes);
    case Controller::kCpu:
      return group.limit_cpus(*limits.cpus);
    case Controller::kPids:
      return group.limit_pids(*limits.pids);
  }
  return Done{};
}

/// Limits that are not in force, by the reason, then by key: whose.
class Shortfall {
 public:
  void add(const std::string& reason, Controller controller, const std::string& service) {
    auto& names = by_reason_[reason][std::string(key_of(controller))];
    names += (names.empty() ? "" : ", ") + ("'" + service + "'");
  }
  void tell(BundleScope* scope, const RunRequest* request) const {
    if (by_reason_.empty()) return;
    std::string all;
    for (const auto& [reason, by_key] : by_reason_) {
      std::string list;
      for (const auto& [key, names] : by_key) {
        list += (list.empty() ? "" : ", ") + key + " of " + names;
      }
      all += (all.empty() ? "" : "; ") + list + " (" + reason + ')';
    }
    const std::string notice = "limits that are not in force here: " + all;
    scope->say(notice);
    scope->events.tell("limits", {{"missing", all}});
    if (request->on_step_down) request->on_step_down(notice);
  }

 private:
  std::map<std::string, std::map<std::string, std::string>> by_reason_;
};

Error is_required(const ServiceSpec& service, Controller controller, const Error& why) {
  std::string remedy = why.hint();
  if (!remedy.empty()) remedy += "; ";
  return Error::because("'limits." + std::string(key_of(controller)) + "' of service '" +
                        service.name + "' is required, and cannot be had here: " + why.message())
      .with_hint(remedy + "or do without 'required'");
}

class LimitSetter {
 public:
  LimitSetter(BundleScope* scope, const RunRequest* request) : scope_(scope), request_(request) {}

  Status run() {
    std::vector<Controller> wanted;
    for (const auto controller : kControllers) {
      const auto& services = request_->bundle.services;
      const bool is_wanted = std::any_of(services.begin(), services.end(), [&](const auto& spec) {
        return has_limit(spec.limits, controller);
      });
      if (is_wanted) wanted.push_back(controller);
    }
    if (wanted.empty()) return Done{};
    missing_ = scope_->groups->open(wanted);
    for (const auto& service : request_->bundle.services) {
      if (has_limits(service.limits)) HITCH_CHECK(limit(service));
    }
    shortfall_.tell(scope_, request_);
    return Done{};
  }

 private:
  Status limit(const ServiceSpec& service) {
    const bool any = std::any_of(kControllers.begin(), kControllers.end(), [&](const auto which) {
      return has_limit(service.limits, which) && missing_.count(which) == 0;
    });
    Result<ServiceGroup*> group = nullptr;
    if (any) group = scope_->groups->make(service.name);
    for (const auto controller : kControllers) {
      if (!has_limit(service.limits, controller)) continue;
      const auto missing = missing_.find(controller);
      Status status = Done{};
      if (missing != missing_.end()) {
        status = missing->second;
      } else {
        status = group ? set_limit(**group, service.limits, controller) : group.error();
      }
      if (!status) HITCH_CHECK(do_without(service, controller, status.error()));
    }
    return Done{};
  }

  Status do_without(const ServiceSpec& service, Controller controller, const Error& why) {
    if (service.limits.required) return is_required(service, controller, why);
    shortfall_.add(why.message(), controller, service.name);
    scope_->missing_limits[service.name].emplace_back(key_of(controller));
    return Done{};
  }

  BundleScope* scope_;
  const RunRequest* request_;
  std::map<Controller, Error> missing_;
  Shortfall shortfall_;
};

}  // namespace

Status put_limits_in_force(BundleScope* scope, const RunRequest* request) {
  return LimitSetter(scope, request).run();
}

void enter_groups(const BundleScope& scope, const std::string& service, LaunchRequest* launch) {
  if (!scope.groups) return;
  if (const auto* group = scope.groups->find(service)) launch->groups = group->entrances();
}

Task<Done> remove_groups(BundleScope* scope, Milliseconds patience) {
  const auto limit = Deadline::in(patience);
  for (;;) {
    auto removed = scope->groups->remove();
    if (removed || removed.error().err() != EBUSY || limit.passed()) co_return removed;
    HITCH_CO_CHECK(co_await sleep_for(kLookAgain));
  }
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kKib = 1024, kMib = kKib * kKib, kGib = kMib * kKib;
  if (bytes >= kGib && bytes % kGib == 0) return std::to_string(bytes / kGib) + " GiB";
  if (bytes >= kMib && bytes % kMib == 0) return std::to_string(bytes / kMib) + " MiB";
  if (bytes >= kKib && bytes % kKib == 0) return std::to_string(bytes / kKib) + " KiB";
  return std::to_string(bytes) + " bytes";
}

}  // namespace hitch
