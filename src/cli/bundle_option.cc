#include "cli/bundle_option.h"

#include <unistd.h>

#include <ostream>
#include <system_error>

#include "runtime/base/exit_code.h"
#include "runtime/bundle/load.h"
#include "runtime/host/host.h"
#include "runtime/ready/condition.h"

namespace hitch {

namespace {

/// The patterns in a readiness condition are compiled here, by the library that will use them, so
/// that a wrong one is an error of the file like any other.
/// @return an Error if they cannot be compiled here, whatever they are
Status check_patterns(const ReadyCondition& condition, Diagnostics& diagnostics) {
  if (const auto* group = std::get_if<ReadyGroup>(&condition.test)) {
    for (const auto& member : group->members) HITCH_CHECK(check_patterns(member, diagnostics));
  } else if (const auto* log = std::get_if<LogReady>(&condition.test)) {
    auto status = check_condition(condition);
    if (!status && status.error().kind() != Kind::kUsage) return status;
    if (!status) diagnostics.add(log->mark, log->key_path, sentence_of(status.error()));
  }
  return Done{};
}

Status check_patterns(const BundleSpec& bundle, Diagnostics& diagnostics) {
  for (const auto& service : bundle.services) {
    if (service.ready) HITCH_CHECK(check_patterns(service.ready->condition, diagnostics));
  }
  return Done{};
}

}  // namespace

Result<LoadRequest> load_request_of(const Context& context) {
  std::error_code ec;
  LoadRequest request;
  request.files = context.files;
  request.cwd = std::filesystem::current_path(ec);
  if (ec) return Error::from_errno(ec.value(), "find the current directory");
  request.environment = environment_from(environ);
  request.recipe_dirs = find_installed_parts().recipe_dirs;
  request.project_name = context.project;
  request.profiles = context.profiles;
  request.host_data_root = host_view_data_root();
  return request;
}

std::optional<BundleSpec> load_bundle_for(Context& context,
                                          const std::vector<std::string>& services,
                                          const std::string& scratch) {
  auto request = load_request_of(context);
  if (!request) {
    report_failure(context, request.error());
    return std::nullopt;
  }
  request->services = services;
  request->scratch = scratch;
  auto outcome = load_bundle(*request);
  if (outcome.ok()) {
    const auto checked = check_patterns(*outcome.spec, outcome.diagnostics);
    if (!checked) {
      report_failure(context, checked.error());
      return std::nullopt;
    }
  }
  if (outcome.diagnostics.empty()) return std::move(outcome.spec);
  const auto count = outcome.diagnostics.items().size();
  if (count == 1) {
    report_failure(context,
                   Error::because(outcome.diagnostics.items().front().render(), Kind::kUsage));
    return std::nullopt;
  }
  *context.err << outcome.diagnostics.render();
  report_failure(context, Error::because("the bundle cannot be used: " + std::to_string(count) +
                                             " errors, listed above",
                                         Kind::kUsage));
  return std::nullopt;
}

}  // namespace hitch
