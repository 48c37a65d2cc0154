#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <map>

#include "cli/commands.h"
#include "cli/context.h"
#include "runtime/base/exit_code.h"

namespace hitch {
namespace {

/// Takes CMD off the arguments: all that comes after the first "--".
std::vector<std::string> split_off_command(int argc, char** argv, Context& context) {
  std::vector<std::string> own;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (context.has_command) {
      context.command.push_back(argument);
    } else if (argument == "--") {
      context.has_command = true;
    } else {
      own.push_back(argument);
    }
  }
  return own;
}

void add_global_flags(CLI::App& app, Context& context) {
  app.add_option("-f,--file", context.files,
                 "Bundle file; later ones are merged over earlier ones; - is standard input")
      ->envname("HITCH_FILE")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("-p,--project", context.project, "Name of the bundle, instead of the file's")
      ->envname("HITCH_PROJECT")
      ->type_name("NAME");
  app.add_option("--profile", context.profiles, "Also start the services of this profile")
      ->envname("HITCH_PROFILE")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--color", context.color, "When to print colours: auto, always, never")
      ->envname("HITCH_COLOR")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  app.add_option("--format", context.format, "How to print results: text, json")
      ->envname("HITCH_FORMAT")
      ->transform(CLI::CheckedTransformer(std::map<std::string, OutputFormat>{
          {"text", OutputFormat::kText}, {"json", OutputFormat::kJson}}))
      ->type_name("FORMAT");
  app.fallthrough();  // also behind the command's name
}

int run(int argc, char** argv) {
  Context context;
  context.out = &std::cout;
  context.err = &std::cerr;
  CLI::App app("Run a bundle of real services as one throw-away test environment", "hitch");
  add_global_flags(app, context);
  app.require_subcommand(0, 1);
  add_run_command(app, context);
  add_config_command(app, context);
  add_init_command(app, context);
  add_version_command(app, context);
  app.add_subcommand("help", "Print this text")->callback([&] { std::cout << app.help(); });
  auto arguments = split_off_command(argc, argv, context);
  if (arguments.empty() && !context.has_command) arguments.emplace_back("help");
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    report_failure(
        context,
        Error::because(error.what(), Kind::kUsage).with_hint("hitch help tells what there is"));
  }
  return context.exit_code;
}

}  // namespace
}  // namespace hitch

int main(int argc, char** argv) {
  try {
    return hitch::run(argc, argv);
  } catch (const std::exception& error) {  // a defect of hitch: nothing else throws this far
    std::cerr << "hitch: internal error: " << error.what() << '\n';
    return hitch::exit_code_of(hitch::Kind::kEnvironment);
  }
}
