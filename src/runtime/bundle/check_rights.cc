#include "runtime/bundle/check_rights.h"

#include <algorithm>
#include <span>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/bundle/check_values.h"

namespace hitch {

namespace {

std::string suggestion(std::string_view word, const std::vector<std::string_view>& words) {
  const auto nearest = nearest_spelling(word, words);
  return nearest ? ", did you mean '" + *nearest + "'?" : std::string();
}

/// What the bundle's init, which has the same filter, cannot do without, nor its children before
/// they are programs.
constexpr std::string_view kOfInit[] = {
    "chdir",        "chroot",  "clone",      "clone3", "close",   "close_range",  "dup2",
    "execve",       "exit",    "exit_group", "fchdir", "fcntl",   "kill",         "pipe2",
    "poll",         "prctl",   "prlimit64",  "read",   "recvmsg", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sendmsg", "setsid",     "umask",  "wait4",   "write"};

/// With CAP_SYS_ADMIN these change what keeps the machine's files and settings read-only.
constexpr std::string_view kOfMounts[] = {"mount", "mount_setattr", "move_mount", "umount",
                                          "umount2"};

bool is_one_of(const std::string& name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> read_calls(const Field& field) {
  std::vector<std::string> names = read_texts(field);
  std::erase_if(names, [&](const std::string& name) {
    if (system_call(name)) return false;
    field.error("there is no system call " + in_quotes(name) +
                suggestion(name, system_call_names()));
    return true;
  });
  return names;
}

std::vector<std::string> read_denied(const Field& field) {
  std::vector<std::string> names = read_calls(field);
  for (const auto& name : names) {
    if (!is_one_of(name, kOfInit)) continue;
    field.error(in_quotes(name) +
                " cannot be denied: the bundle's init needs it to start programs");
  }
  return names;
}

void read_seccomp(const Field& field, FilterChanges& changes) {
  if (!check_keys(field, seccomp_keys())) return;
  for (const Entry& entry : field->entries) {
    const Field value = field.entry(entry);
    if (entry.key == "allow") changes.allow = read_calls(value);
    if (entry.key == "deny") changes.deny = read_denied(value);
  }
}

/// With it a service could take over init, which has the same user.
constexpr std::string_view kForbidden = "CAP_SYS_PTRACE";

void read_capabilities(const Field& field, BundleSpec& spec) {
  for (const auto& name : read_texts(field)) {
    const auto number = capability(name);
    if (!number) {
      field.error("there is no capability " + in_quotes(name) +
                  suggestion(name, capability_names()));
    } else if (capability_name(*number) == kForbidden) {
      field.error(std::string(kForbidden) +
                  " cannot be had: it would open the bundle's init; processes of a bundle may "
                  "trace each other without it");
    } else {
      spec.capabilities |= std::uint64_t{1} << *number;
    }
  }
}

}  // namespace

void read_rights(std::string_view key, const Field& field, BundleSpec& spec) {
  if (key == "seccomp") read_seccomp(field, spec.filter);
  if (key == "allow_userns") spec.filter.allow_userns = read_flag(field).value_or(false);
  if (key == "cap_add") read_capabilities(field, spec);
}

void check_rights(const Field& bundle, const BundleSpec& spec) {
  const auto admin = capability("SYS_ADMIN");
  if ((spec.capabilities >> *admin & 1U) == 0) return;
  const auto& allowed = spec.filter.allow;
  const bool mounts = std::any_of(allowed.begin(), allowed.end(),
                                  [](const auto& name) { return is_one_of(name, kOfMounts); });
  if (!mounts && !spec.filter.allow_userns) return;
  const auto* const entry = bundle->find("cap_add");
  if (entry == nullptr) return;
  bundle.entry(*entry).error(
      "CAP_SYS_ADMIN cannot be had together with " +
      std::string(mounts ? "calls that mount" : "'allow_userns'") +
      ": programs could take away the mounts that keep the machine's files read-only; with "
      "'allow_userns' alone they may mount in a user namespace of their own");
}

}  // namespace hitch
