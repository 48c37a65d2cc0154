#include "cli/bundle_option.h"

#include <unistd.h>

#include <ostream>
#include <system_error>

#include "runtime/bundle/load.h"

namespace hitch {

std::optional<BundleSpec> load_bundle_for(Context& context,
                                          const std::vector<std::string>& services) {
  std::error_code ec;
  LoadRequest request;
  request.files = context.files;
  request.cwd = std::filesystem::current_path(ec);
  request.environment = environment_from(environ);
  request.recipe_dirs = find_installed_parts().recipe_dirs;
  request.project_name = context.project;
  request.profiles = context.profiles;
  request.services = services;
  if (ec) {
    report_failure(context, Error::from_errno(ec.value(), "find the current directory"));
    return std::nullopt;
  }
  auto outcome = load_bundle(request);
  if (outcome.ok()) return std::move(outcome.spec);
  const auto count = outcome.diagnostics.items().size();
  if (count == 1) {
    report_failure(context, Error::because(outcome.diagnostics.items().front().render(),
                                           Kind::kUsage));
    return std::nullopt;
  }
  *context.err << outcome.diagnostics.render();
  report_failure(context, Error::because("the bundle cannot be used: " + std::to_string(count) +
                                             " errors, listed above",
                                         Kind::kUsage));
  return std::nullopt;
}

}  // namespace hitch
