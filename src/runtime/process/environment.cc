#include "runtime/process/environment.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace hitch {

namespace {

constexpr std::array<std::string_view, 6> kPassedAlways{"PATH", "HOME", "USER",
                                                        "LANG", "TZ",   "TERM"};

bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

}  // namespace

ProcessEnvironment ProcessEnvironment::of_caller() {
  ProcessEnvironment caller;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == text.npos || equals == 0) continue;
    caller.set(text.substr(0, equals), text.substr(equals + 1));
  }
  return caller;
}

ProcessEnvironment ProcessEnvironment::clean(const ProcessEnvironment& caller,
                                             std::span<const std::string> pass) {
  ProcessEnvironment result;
  for (const auto& variable : caller.variables()) {
    const std::string& name = variable.first;
    const bool wanted = std::any_of(kPassedAlways.begin(), kPassedAlways.end(),
                                    [&](std::string_view known) { return known == name; }) ||
                        std::any_of(pass.begin(), pass.end(), [&](const std::string& pattern) {
                          return matches(name, pattern);
                        });
    if (wanted) result.set(name, variable.second);
  }
  if (result.find("PATH") == nullptr) result.set("PATH", kDefaultPath);
  return result;
}

void ProcessEnvironment::set(std::string_view name, std::string_view value) {
  const auto known = places_.find(name);
  if (known != places_.end()) {
    variables_[known->second].second = value;
  } else {
    places_.emplace(name, variables_.size());
    variables_.emplace_back(name, value);
  }
}

const std::string* ProcessEnvironment::find(std::string_view name) const {
  const auto known = places_.find(name);
  return known == places_.end() ? nullptr : &variables_[known->second].second;
}

std::string_view ProcessEnvironment::search_path() const {
  const auto* path = find("PATH");
  return path != nullptr ? std::string_view(*path) : kDefaultPath;
}

std::vector<std::string> ProcessEnvironment::strings() const {
  std::vector<std::string> result;
  result.reserve(variables_.size());
  for (const auto& [name, value] : variables_) result.push_back(name + '=' + value);
  return result;
}

std::vector<std::string> program_candidates(std::string_view program, std::string_view path) {
  if (program.find('/') != program.npos) return {std::string(program)};
  std::vector<std::string> result;
  for (;;) {
    const auto colon = path.find(':');
    const auto directory = path.substr(0, colon);
    result.push_back((directory.empty() ? std::string(".") : std::string(directory)) + '/' +
                     std::string(program));
    if (colon == path.npos) return result;
    path.remove_prefix(colon + 1);
  }
}

}  // namespace hitch
