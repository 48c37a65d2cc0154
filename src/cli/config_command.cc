#include <memory>
#include <ostream>

#include "cli/bundle_option.h"
#include "cli/commands.h"
#include "cli/unsupported.h"
#include "runtime/bundle/render.h"

namespace hitch {

namespace {

struct ConfigOptions {
  std::vector<std::string> services;
  bool quiet = false;
};

int run_config(const ConfigOptions& options, Context& context) {
  const auto bundle = load_bundle_for(context, options.services);
  if (!bundle) return context.exit_code;
  for (const auto& key : unsupported_features(*bundle)) {  // the file is right all the same
    *context.err << "hitch: note: this version of hitch cannot run '" << key << "' yet\n";
  }
  if (options.quiet) return 0;
  const bool json = context.format == OutputFormat::kJson;
  print(context, json ? render_json(*bundle) : render_yaml(*bundle));
  return context.exit_code;
}

}  // namespace

void add_config_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ConfigOptions>();  // lives as long as the callback
  CLI::App* config = app.add_subcommand(
      "config", "Check the bundle file and print what it says, with everything filled in");
  config->add_option("services", options->services,
                     "Services to print, with what they depend on; none means all");
  config->add_flag("-q,--quiet", options->quiet, "Only check: print nothing but errors");
  config->callback([options, &context] { context.exit_code = run_config(*options, context); });
}

}  // namespace hitch
