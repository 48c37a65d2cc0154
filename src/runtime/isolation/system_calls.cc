#include "runtime/isolation/system_calls.h"

#include <algorithm>
#include <cctype>

namespace hitch {

namespace {

constexpr SystemCall kCalls[] = {
#include "system_call_numbers.inc"
};

/// By number. linux/capability.h
constexpr std::array<std::string_view, 41> kCapabilities{"CHOWN",
                                                         "DAC_OVERRIDE",
                                                         "DAC_READ_SEARCH",
                                                         "FOWNER",
                                                         "FSETID",
                                                         "KILL",
                                                         "SETGID",
                                                         "SETUID",
                                                         "SETPCAP",
                                                         "LINUX_IMMUTABLE",
                                                         "NET_BIND_SERVICE",
                                                         "NET_BROADCAST",
                                                         "NET_ADMIN",
                                                         "NET_RAW",
                                                         "IPC_LOCK",
                                                         "IPC_OWNER",
                                                         "SYS_MODULE",
                                                         "SYS_RAWIO",
                                                         "SYS_CHROOT",
                                                         "SYS_PTRACE",
                                                         "SYS_PACCT",
                                                         "SYS_ADMIN",
                                                         "SYS_BOOT",
                                                         "SYS_NICE",
                                                         "SYS_RESOURCE",
                                                         "SYS_TIME",
                                                         "SYS_TTY_CONFIG",
                                                         "MKNOD",
                                                         "LEASE",
                                                         "AUDIT_WRITE",
                                                         "AUDIT_CONTROL",
                                                         "SETFCAP",
                                                         "MAC_OVERRIDE",
                                                         "MAC_ADMIN",
                                                         "SYSLOG",
                                                         "WAKE_ALARM",
                                                         "BLOCK_SUSPEND",
                                                         "AUDIT_READ",
                                                         "PERFMON",
                                                         "BPF",
                                                         "CHECKPOINT_RESTORE"};

}  // namespace

std::optional<SystemCall> system_call(std::string_view name) noexcept {
  const auto found = std::lower_bound(
      std::begin(kCalls), std::end(kCalls), name,
      [](const SystemCall& call, std::string_view wanted) { return call.name < wanted; });
  if (found == std::end(kCalls) || found->name != name) return std::nullopt;
  return *found;
}

std::vector<std::string_view> system_call_names() {
  std::vector<std::string_view> names;
  for (const auto& call : kCalls) names.push_back(call.name);
  return names;
}

const std::vector<std::string>& calls_for_user_namespaces() {
  static const std::vector<std::string> kNames{
#include "user_namespace_calls.inc"
  };
  return kNames;
}

std::optional<unsigned> capability(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string_view wanted = upper;
  if (wanted.starts_with("CAP_")) wanted.remove_prefix(4);
  const auto found = std::find(kCapabilities.begin(), kCapabilities.end(), wanted);
  if (found == kCapabilities.end()) return std::nullopt;
  return static_cast<unsigned>(found - kCapabilities.begin());
}

std::string capability_name(unsigned number) {
  return number < kCapabilities.size() ? "CAP_" + std::string(kCapabilities[number])
                                       : std::to_string(number);
}

std::vector<std::string_view> capability_names() {
  return {kCapabilities.begin(), kCapabilities.end()};
}

}  // namespace hitch
