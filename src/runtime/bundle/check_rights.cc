#include "runtime/bundle/check_rights.h"

#include <algorithm>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/bundle/check_values.h"

namespace hitch {

namespace {

std::string suggestion(std::string_view word, const std::vector<std::string_view>& words) {
  const auto nearest = nearest_spelling(word, words);
  return nearest ? ", did you mean '" + *nearest + "'?" : std::string();
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

void read_seccomp(const Field& field, FilterChanges& changes) {
  if (!check_keys(field, seccomp_keys())) return;
  for (const Entry& entry : field->entries) {
    const Field value = field.entry(entry);
    if (entry.key == "allow") changes.allow = read_calls(value);
    if (entry.key == "deny") changes.deny = read_calls(value);
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

}  // namespace hitch
