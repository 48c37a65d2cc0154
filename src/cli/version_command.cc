#include "cli/commands.h"

namespace hitch {

void add_version_command(CLI::App& app, Context& context) {
  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->callback([&context] {
    const bool json = context.format == OutputFormat::kJson;
    print(context, json ? "{\"version\":\"" HITCH_VERSION "\"}\n" : "hitch " HITCH_VERSION "\n");
  });
}

}  // namespace hitch
