#include "cli/context.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ostream>
#include <system_error>

#include "runtime/base/exit_code.h"
#include "runtime/base/installed.h"
#include "runtime/base/raw_write.h"

namespace hitch {

namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

void report_failure(Context& context, const Error& error) {
  *context.err << "hitch: " << sentence_of(error) << '\n' << std::flush;
  context.exit_code = exit_code_of(error.kind());
}

void print(Context& context, std::string_view text) {
  (void)::signal(SIGPIPE, SIG_IGN);  // the exit code shall tell; nothing is started any more
  const int err = write_fully(STDOUT_FILENO, text);
  if (err == 0) return;
  if (err == EPIPE) {
    context.exit_code = exit_code_of(Kind::kEnvironment);
  } else {
    report_failure(context, Error::from_errno(err, "cannot write to standard output"));
  }
}

ColorMode color_mode_for(const Context& context, int fd) {
  if (context.color == "always") return ColorMode::kAlways;
  if (context.color == "never" || is_set("NO_COLOR")) return ColorMode::kNever;
  if (is_set("CLICOLOR_FORCE")) return ColorMode::kAlways;
  return ::isatty(fd) == 1 ? ColorMode::kAlways : ColorMode::kNever;
}

Destination destination_of(int fd) {
  return ::isatty(fd) == 1 ? Destination::kTerminal : Destination::kRaw;
}

std::string shell_of_caller() {
  const char* shell = std::getenv("SHELL");
  return shell != nullptr && ::access(shell, X_OK) == 0 ? shell : "/bin/sh";
}

InstalledParts find_installed_parts() {
  std::error_code ec;
  InstalledParts parts;
  if (const char* own = std::getenv("HITCH_RECIPES"); own != nullptr && *own != '\0') {
    parts.recipe_dirs.emplace_back(std::filesystem::absolute(own, ec));
  }
  parts.recipe_dirs.push_back(installed_prefix() / HITCH_DATA_DIR / "recipes");
  return parts;
}

}  // namespace hitch
