#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/check_service.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

/// Whether what is at `path` may be different in the bundle from what is there on this machine now.
bool comes_later(const fs::path& path, const ServiceSpec& spec, const fs::path& bundle_dir) {
  const auto below = [&path](const fs::path& parent) { return is_below(path, parent); };
  if (std::any_of(spec.tmpfs.begin(), spec.tmpfs.end(), below)) return true;
  for (const auto& volume : spec.volumes) {
    if (below(volume.target)) return true;
  }
  if (below(bundle_dir)) return false;
  return is_below_private(path);
}

enum class Found { kYes, kNo, kNotExecutable, kPerhaps };

Found look_at(const fs::path& program) {
  std::error_code error;
  const auto status = fs::status(program, error);
  if (!fs::exists(status)) return Found::kNo;
  if (!fs::is_regular_file(status)) return Found::kNotExecutable;
  return ::access(program.c_str(), X_OK) == 0 ? Found::kYes : Found::kNotExecutable;
}

/// The PATH that the service will have.
std::string search_path(const ServiceSpec& spec, const Environment& caller) {
  for (const auto& [name, value] : spec.environment) {
    if (name == "PATH") return value;
  }
  const auto given = caller.find("PATH");
  return given != caller.end() ? given->second : std::string(kDefaultPath);
}

Found search(const std::string& program, const std::string& path, const ServiceSpec& spec,
             const fs::path& bundle_dir) {
  Found best = Found::kNo;
  std::string_view rest = path;
  for (bool more = true; more;) {
    const auto colon = rest.find(':');
    const fs::path folder = spec.working_dir / fs::path(rest.substr(0, colon));
    more = colon != std::string_view::npos;
    rest.remove_prefix(more ? colon + 1 : rest.size());
    if (comes_later(folder.lexically_normal(), spec, bundle_dir)) {
      best = Found::kPerhaps;
      continue;
    }
    const Found here = look_at(folder / program);
    if (here == Found::kYes) return here;
    if (here == Found::kNotExecutable && best == Found::kNo) best = here;
  }
  return best;
}

/// Whether something that runs before the program may still make it.
bool has_steps_before(const ServiceSpec& spec) {
  return !spec.setup.empty() || !spec.depends_on.empty();
}

void check_program(const CommandUse& use, const ServiceSpec& spec, const ServiceContext& context,
                   Diagnostics& out) {
  const std::string& program = use.command.front();
  const auto complain = [&](const std::string& text) {
    out.add(use.mark, use.path, text, Blame::kMachine);
  };
  if (program.find('/') == std::string::npos) {
    const Found found =
        search(program, search_path(spec, *context.caller), spec, context.directory);
    if (found == Found::kNo) complain("no program " + in_quotes(program) + " in PATH");
    if (found == Found::kNotExecutable) {
      complain("the program " + in_quotes(program) + " in PATH is not executable");
    }
    return;
  }
  const fs::path path = (spec.working_dir / program).lexically_normal();
  if (comes_later(path, spec, context.directory)) return;
  const Found found = look_at(path);
  if (found == Found::kNo && !has_steps_before(spec)) {
    complain("there is no program " + in_quotes(path.native()));
  }
  if (found == Found::kNotExecutable) {
    complain(in_quotes(path.native()) + " is not an executable file");
  }
}

}  // namespace

bool is_below(const fs::path& path, const fs::path& parent) {
  const auto [end, rest] = std::mismatch(parent.begin(), parent.end(), path.begin(), path.end());
  return end == parent.end();
}

bool is_below_private(const fs::path& path) {
  constexpr std::array<std::string_view, 5> kPrivate{"/tmp", "/var/tmp", "/run", "/dev", "/proc"};
  return std::any_of(kPrivate.begin(), kPrivate.end(),
                     [&](const auto directory) { return is_below(path, directory); });
}

void check_machine(const ServiceSpec& spec, const Field& service, const ServiceContext& context) {
  const Entry* entry = service->find("working_dir");
  if (entry != nullptr && !entry->value.unusable &&
      !comes_later(spec.working_dir, spec, context.directory)) {
    std::error_code error;
    const auto status = fs::status(spec.working_dir, error);
    if (!fs::is_directory(status)) {
      const std::string dir = in_quotes(spec.working_dir.native());
      service.entry(*entry).error(
          fs::exists(status) ? dir + " is not a directory" : "there is no directory " + dir,
          Blame::kMachine);
      return;  // and programs relative to it need no error of their own
    }
  }
  for (const CommandUse& use : *context.uses) check_program(use, spec, context, *service.out);
}

}  // namespace hitch
