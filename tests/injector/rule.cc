#include "injector/rule.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace injector {

namespace {

std::optional<Role> role_of(const std::string& name) {
  for (const auto role : {Role::kHitch, Role::kEarly, Role::kInit, Role::kChild}) {
    if (name == name_of(role)) return role;
  }
  return std::nullopt;
}

std::optional<int> errno_of(const std::string& name) {
  for (int number = 1; number < 134; ++number) {
    const char* known = ::strerrorname_np(number);
    if (known != nullptr && name == known) return number;
  }
  return std::nullopt;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::uint64_t number(const std::string& text) {
  return std::strtoull(text.c_str(), nullptr, 0);
}

/// Of another process; cut where its memory ends.
std::string string_at(pid_t pid, std::uint64_t address) {
  std::string text(256, '\0');
  iovec local{text.data(), text.size()};
  iovec remote{reinterpret_cast<void*>(address), text.size()};
  ssize_t n = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
  if (n < 0) {  // the page may end before
    const std::uint64_t left = 4096 - address % 4096;
    remote.iov_len = local.iov_len = std::min<std::uint64_t>(left, text.size());
    n = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
  }
  return n < 0 ? std::string() : std::string(text.c_str());
}

bool take_argument(Rule& rule, const std::string& key, const std::string& value) {
  Rule::Wanted wanted;
  if (key.starts_with("text") && key.size() == 5) {
    wanted.text = value;
  } else if (key.starts_with("arg") && (key.size() == 4 || key.ends_with('&'))) {
    wanted.value = number(value);
    wanted.bits = key.ends_with('&');
  } else {
    return false;
  }
  wanted.argument = static_cast<unsigned>(key[key.starts_with("text") ? 4 : 3] - '0');
  rule.arguments.push_back(wanted);
  return wanted.argument < 6;
}

/// "put2+16", "add1"
bool take_change(Rule& rule, const std::string& key, const std::string& value) {
  const auto words = split(key.substr(3), '+');
  if (words.size() != (key.starts_with("put") ? 2 : 1)) return false;
  rule.action = Rule::Action::kChange;
  Rule::Change change{static_cast<unsigned>(number(words[0])), {}, number(value)};
  if (words.size() == 2) change.offset = number(words[1]);
  rule.changes.push_back(change);
  return change.argument < 6;
}

bool take_action(Rule& rule, const std::string& key, const std::string& value) {
  if (key.starts_with("put") || key.starts_with("add")) return take_change(rule, key, value);
  if (key == "kill") {
    rule.action = Rule::Action::kKill;
    rule.victims = value;
    return true;
  }
  if (key == "skip") {
    rule.action = Rule::Action::kSkip;
    rule.result = std::strtol(value.c_str(), nullptr, 0);
    return true;
  }
  const auto err = key == "fail" ? errno_of(value) : std::nullopt;
  if (!err) return false;
  rule.action = Rule::Action::kFail;
  rule.result = -*err;
  return true;
}

bool take_word(Rule& rule, const std::string& key, const std::string& value) {
  if (key == "role") {
    rule.role = role_of(value);
    return rule.role || value == "any";
  }
  if (key == "call") {
    if (value != "*") rule.calls = split(value, '|');
    return true;
  }
  if (key == "nth") {
    rule.nth = value == "all" ? 0 : number(value);
    return value == "all" || rule.nth > 0;
  }
  return take_argument(rule, key, value) || take_action(rule, key, value);
}

}  // namespace

const char* name_of(Role role) {
  switch (role) {
    case Role::kUnknown:
      return "unknown";
    case Role::kHitch:
      return "hitch";
    case Role::kEarly:
      return "early";
    case Role::kInit:
      return "init";
    case Role::kChild:
      return "child";
  }
  return "?";
}

std::optional<Rule> Rule::parse(const std::string& text) {
  Rule rule;
  for (const auto& word : split(text, ' ')) {
    const auto equals = word.find('=');
    const auto key = word.substr(0, equals);
    const auto value = equals == word.npos ? "" : word.substr(equals + 1);
    if (take_word(rule, key, value)) continue;
    std::fprintf(stderr, "inject: what is '%s' in the rule '%s'?\n", word.c_str(), text.c_str());
    return std::nullopt;
  }
  return rule;
}

bool Rule::matches(const Call& call) const {
  if (role && *role != call.role) return false;
  if (!calls.empty() && std::find(calls.begin(), calls.end(), call.name) == calls.end()) {
    return false;
  }
  return std::all_of(arguments.begin(), arguments.end(), [&](const Wanted& wanted) {
    const auto value = call.arguments[wanted.argument];
    if (!wanted.text.empty()) {
      return string_at(call.pid, value).find(wanted.text) != std::string::npos;
    }
    return wanted.bits ? (value & wanted.value) == wanted.value : value == wanted.value;
  });
}

bool Rule::strikes(const Call& call) {
  if (!matches(call)) return false;
  ++seen;
  return nth == 0 || seen == nth;
}

}  // namespace injector
