#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <exception>
#include <iostream>
#include <sstream>

#include "cli/commands.h"
#include "cli/context.h"
#include "runtime/base/exit_code.h"
#include "runtime/base/installed.h"
#include "runtime/base/text.h"
#include "runtime/host/host.h"

namespace hitch {
namespace {

/// Whether an argument is a flag whose value is the next argument.
bool takes_next(std::string_view argument) {
  constexpr std::array<std::string_view, 7> kFlags{"-f",        "--file",  "-p",      "--project",
                                                   "--profile", "--color", "--format"};
  return std::find(kFlags.begin(), kFlags.end(), argument) != kFlags.end();
}

/// The first argument that is no flag and no flag's value: the command's name.
std::string_view first_word(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with('-')) return arguments[i];
    if (takes_next(arguments[i])) ++i;
  }
  return {};
}

/// Where the command of `hitch exec SERVICE [-t] COMMAND…` begins, which needs no "--"; or `count`.
std::size_t start_of_exec_command(const std::vector<std::string>& arguments) {
  std::size_t names = 0;  // "exec", and the service
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    if (argument == "--") return arguments.size();
    if (argument.starts_with('-')) {
      if (takes_next(argument)) ++i;
      continue;
    }
    if (names == 2) return i;
    if (names == 0 && argument != "exec") return arguments.size();
    ++names;
  }
  return arguments.size();
}

/// Takes CMD off the arguments: all that comes after the first "--".
std::vector<std::string> split_off_command(int argc, char** argv, Context& context) {
  std::vector<std::string> own(argv + std::min(argc, 1), argv + argc);
  auto from = start_of_exec_command(own);
  auto rest = own.begin() + static_cast<std::ptrdiff_t>(from);
  if (rest == own.end()) {
    rest = std::find(own.begin(), own.end(), "--");
    if (rest == own.end()) return own;
    context.command.assign(rest + 1, own.end());
  } else {
    context.command.assign(rest, own.end());
  }
  context.has_command = true;
  own.erase(rest, own.end());
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
  const auto set_format = [&context](const std::string& word) {
    context.format = word == "json" ? OutputFormat::kJson : OutputFormat::kText;
  };
  app.add_option_function<std::string>("--format", set_format, "How to print results: text, json")
      ->envname("HITCH_FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  app.fallthrough();  // also behind the command's name
}

void refuse_nothing(const CLI::App& app, Context& context) {
  *context.err << app.help();
  report_failure(context, Error::because("which command?", Kind::kUsage));
}

std::string hint_for(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  const bool chosen = !app.get_subcommands().empty();
  for (int i = 1; i < argc && !chosen; ++i) {
    if (const auto nearest = nearest_spelling(argv[i], known)) {
      return "did you mean 'hitch " + *nearest + "'?";
    }
  }
  return "hitch help tells what there is";
}

/// Descriptors 0, 1 and 2 must be something, or the next file that is opened becomes one of them.
void complete_stdio() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);
  }
}

struct KnownCommand {
  std::string_view name;
  void (*add)(CLI::App& app, Context& context);
};
constexpr std::array kCommands{KnownCommand{"run", add_run_command},
                               KnownCommand{"up", add_up_command},
                               KnownCommand{"down", add_down_command},
                               KnownCommand{"ls", add_ls_command},
                               KnownCommand{"ps", add_ps_command},
                               KnownCommand{"top", add_top_command},
                               KnownCommand{"inspect", add_inspect_command},
                               KnownCommand{"events", add_events_command},
                               KnownCommand{"exec", add_exec_command},
                               KnownCommand{"shell", add_shell_command},
                               KnownCommand{"start", add_service_commands},
                               KnownCommand{"time", add_time_command},
                               KnownCommand{"logs", add_logs_command},
                               KnownCommand{"config", add_config_command},
                               KnownCommand{"init", add_init_command},
                               KnownCommand{"doctor", add_doctor_command},
                               KnownCommand{"version", add_version_command},
                               KnownCommand{"completion", add_completion_command}};

/// The one that is asked for, if it is plain which: to describe all of them takes longer than the
/// shortest runs may. Else all, for help, completion and mistakes.
/// @return whether these are all
bool add_commands(CLI::App& app, Context& context, std::string_view asked) {
  const bool is_for_one = asked != "completion";
  for (const auto& command : kCommands) {
    if (is_for_one && command.name == asked) {
      command.add(app, context);
      return false;
    }
  }
  for (const auto& command : kCommands) command.add(app, context);
  return true;
}

int run(int argc, char** argv) {
  complete_stdio();
  Context context;
  context.err = &std::cerr;
  auto arguments = split_off_command(argc, argv, context);
  const auto name = first_word(arguments);
  if (name == "run") {
    context.early_init = start_init_early(installed_program("hitch-init").native());
  }
  CLI::App app("Run a bundle of real services as one throw-away test environment", "hitch");
  add_global_flags(app, context);
  app.require_subcommand(0, 1);
  std::string overview;
  if (add_commands(app, context, name)) {
    add_help_command(app, context, &overview);
    add_overview_footer(app);
  }
  app.set_version_flag("--version", "hitch " HITCH_VERSION);
  // Making it takes longer than all the parsing.
  const auto asked = std::find(arguments.begin(), arguments.end(), "help");
  if (asked != arguments.end()) overview = app.help();
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
    if (app.get_subcommands().empty()) refuse_nothing(app, context);
  } catch (const CLI::Success& help) {
    std::ostringstream text;
    (void)app.exit(help, text, text);
    print(context, text.str());
  } catch (const CLI::ParseError& error) {
    report_failure(context,
                   Error::because(error.what(), Kind::kUsage).with_hint(hint_for(app, argc, argv)));
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
