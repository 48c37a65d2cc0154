#include "runtime/bundle/keys.h"

#include <algorithm>
#include <array>

#include "runtime/bundle/host_names.h"

namespace hitch {

namespace {

using enum MergeRule;

constexpr std::array<KeyRule, 12> kBundleKeys{{
    {"name", "", kReplace},
    {"startup_timeout", "", kReplace},
    {"shutdown_timeout", "", kReplace},
    {"environment", "env_vars", kByKey},
    {"clock", "", kByKey},
    {"network", "", kReplace},
    {"filesystem", "", kReplace},
    {"require_isolation", "", kReplace},
    {"seccomp", "", kByKey},
    {"allow_userns", "", kReplace},
    {"cap_add", "", kAppend},
    {"services", "", kServices},
}};

// A rule with an alias of another form (`shell`, `no_libfaketime`) keeps the word as Entry::shown;
// whoever decodes the value looks there.
constexpr std::array<KeyRule, 32> kServiceKeys{{
    {"recipe", "", kReplace},
    {"with", "", kByKey},
    {"rootfs", "", kReplace},
    {"image", "", kReplace},
    {"entrypoint", "", kReplace},
    {"command", "shell", kReplace},
    {"working_dir", "directory", kReplace},
    {"environment", "env_vars", kByKey},
    {"env_file", "", kAppend},
    {"pass_environment", "", kAppend},
    {"depends_on", "needs", kByKey},
    {"ready", "log_line_ready_checker", kReady},
    {"kind", "", kReplace},
    {"success_exit_codes", "", kReplace},
    {"clock", "no_libfaketime", kReplace},
    {"setup", "pre_start", kReplace},
    {"poststart", "post_start", kReplace},
    {"teardown", "", kReplace},
    {"gates", "", kReplace},
    {"subcommands", "", kByKey},
    {"stop_signal", "", kReplace},
    {"stop_grace_period", "", kReplace},
    {"restart", "", kReplace},
    {"publish", "", kAppend},
    {"user", "", kReplace},
    {"tmpfs", "", kAppend},
    {"volumes", "", kVolumes},
    {"data", "", kByKey},
    {"limits", "", kByKey},
    {"replicas", "", kReplace},
    {"profiles", "", kAppend},
    {"startup_timeout", "", kReplace},
}};

constexpr std::array<std::string_view, 11> kReadyTests{
    "log", "log_regex", "json", "listen", "tcp", "http", "exec", "file", "notify", "all", "any"};

constexpr std::array<KeyRule, 15> kReadyKeys{{
    {"log", ""},
    {"log_regex", ""},
    {"json", ""},
    {"stream", ""},
    {"times", ""},
    {"listen", ""},
    {"tcp", ""},
    {"http", ""},
    {"exec", ""},
    {"file", ""},
    {"notify", ""},
    {"all", ""},
    {"any", ""},
    {"interval", ""},
    {"timeout", ""},
}};

constexpr std::array<KeyRule, 4> kHttpKeys{
    {{"port", ""}, {"path", ""}, {"host", ""}, {"status", ""}}};
constexpr std::array<KeyRule, 3> kDataKeys{{{"path", ""}, {"prepare", ""}, {"key", ""}}};
constexpr std::array<KeyRule, 5> kLimitKeys{
    {{"memory", ""}, {"cpus", "cpu"}, {"pids", ""}, {"open_files", ""}, {"required", ""}}};
constexpr std::array<KeyRule, 5> kClockKeys{
    {{"start", ""}, {"rate", ""}, {"frozen", ""}, {"monotonic_offset", ""}, {"backend", ""}}};
constexpr std::array<KeyRule, 2> kSeccompKeys{{{"allow", ""}, {"deny", ""}}};
constexpr std::array<KeyRule, 1> kDependencyKeys{{{"condition", ""}}};
constexpr std::array<KeyRule, 2> kEnvFileKeys{{{"path", ""}, {"required", ""}}};
constexpr std::array<KeyRule, 3> kVolumeKeys{{{"source", ""}, {"target", ""}, {"read_only", ""}}};
constexpr std::array<KeyRule, 3> kRecipeKeys{
    {{"description", ""}, {"parameters", ""}, {"service", ""}}};
constexpr std::array<KeyRule, 2> kParameterKeys{{{"default", ""}, {"description", ""}}};

}  // namespace

KeyRules bundle_keys() {
  return kBundleKeys;
}
KeyRules service_keys() {
  return kServiceKeys;
}
KeyRules ready_keys() {
  return kReadyKeys;
}
KeyRules http_keys() {
  return kHttpKeys;
}
KeyRules data_keys() {
  return kDataKeys;
}
KeyRules limit_keys() {
  return kLimitKeys;
}
KeyRules clock_keys() {
  return kClockKeys;
}
KeyRules seccomp_keys() {
  return kSeccompKeys;
}
KeyRules dependency_keys() {
  return kDependencyKeys;
}
KeyRules volume_keys() {
  return kVolumeKeys;
}
KeyRules env_file_keys() {
  return kEnvFileKeys;
}
KeyRules recipe_keys() {
  return kRecipeKeys;
}
KeyRules parameter_keys() {
  return kParameterKeys;
}

std::span<const std::string_view> ready_tests() {
  return kReadyTests;
}

const KeyRule* find_rule(KeyRules rules, std::string_view name) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [name](const KeyRule& rule) { return rule.name == name; });
  return found == rules.end() ? nullptr : &*found;
}

const KeyRule* find_word(KeyRules rules, std::string_view word) {
  const auto found = std::find_if(rules.begin(), rules.end(), [word](const KeyRule& rule) {
    return rule.name == word || (!rule.alias.empty() && rule.alias == word);
  });
  return found == rules.end() ? nullptr : &*found;
}

std::vector<std::string_view> words_of(KeyRules rules) {
  std::vector<std::string_view> words;
  for (const KeyRule& rule : rules) {
    words.push_back(rule.name);
    if (!rule.alias.empty()) words.push_back(rule.alias);
  }
  return words;
}

bool is_extension(std::string_view key) {
  return key.starts_with("x-");
}

std::string_view why_no_name(std::string_view text) {
  if (text == "Test" || text == "Hitch" || text == "Harness") {
    return "is a word that hitch uses itself; choose another name";
  }
  const bool good = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (text.empty() || !good) return "is no name: it takes letters, digits, '.', '_' and '-'";
  if (text.front() == '-' || text == "." || text == "..")
    return "is no name: it has to begin otherwise";
  if (text.size() > 64) return "is longer than 64 characters";
  return {};
}

std::string_view why_no_service_name(std::string_view text) {
  if (const auto why = why_no_name(text); !why.empty()) return why;
  if (is_loopback_name(text)) return "is the name of every host for itself; choose another name";
  if (is_numeric_host(text)) return "would be taken for an IP address; choose another name";
  return {};
}

bool is_name(std::string_view text) {
  return why_no_name(text).empty();
}

}  // namespace hitch
