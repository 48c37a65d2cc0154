#include <ostream>

#include "cli/commands.h"

namespace hitch {

void add_version_command(CLI::App& app, Context& context) {
  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->callback([&context] {
    if (context.format == OutputFormat::kJson) {
      *context.out << "{\"version\":\"" HITCH_VERSION "\"}\n";
    } else {
      *context.out << "hitch " HITCH_VERSION "\n";
    }
  });
}

}  // namespace hitch
