#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/color_mode.h"
#include "runtime/base/error.h"

namespace hitch {

class EarlyInit;

enum class OutputFormat { kText, kJson };

/// What all commands share: the flags before the command's name, and where they complain.
struct Context {
  std::vector<std::string> files;      ///< -f; empty: search
  std::optional<std::string> project;  ///< -p, instead of the file's name
  std::vector<std::string> profiles;
  std::string color = "auto";
  OutputFormat format = OutputFormat::kText;
  /// What came after "--": CMD of `run`. Set apart before flags are parsed, so that its own flags
  /// are its own.
  std::vector<std::string> command;
  bool has_command = false;  ///< there was a "--"
  /// Of `run`: makes namespaces while flags are still being parsed.
  std::shared_ptr<EarlyInit> early_init{};

  std::ostream* err = nullptr;
  int exit_code = 0;
};

/// Prints why a command failed, as the last line on its error stream, and remembers the code.
void report_failure(Context& context, const Error& error);

/// Writes a result to standard output. If that fails the command has failed, whatever it did: its
/// error is reported, but for a reader that has gone away, who wants to hear no more.
void print(Context& context, std::string_view text);

/// What is printed on descriptor `fd`, by --color, NO_COLOR, CLICOLOR_FORCE and what it is.
ColorMode color_mode_for(const Context& context, int fd);
/// A terminal obeys control sequences; only then are a service's made harmless.
Destination destination_of(int fd);

/// SHELL, if it can be executed, else /bin/sh.
std::string shell_of_caller();

/// Where the parts of an installed hitch are, found from the program itself: bin/hitch,
/// libexec/hitch/hitch-init, share/hitch/recipes.
struct InstalledParts {
  std::vector<std::filesystem::path> recipe_dirs;  ///< HITCH_RECIPES first
};
InstalledParts find_installed_parts();

}  // namespace hitch
