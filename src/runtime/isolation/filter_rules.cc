#include "runtime/isolation/filter_rules.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace hitch {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64, kOther = AUDIT_ARCH_I386;
#elif defined(__aarch64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64, kOther = AUDIT_ARCH_ARM;
#else
#error "which architectures does this kernel run side by side?"
#endif

constexpr sock_filter load(std::size_t offset) {
  return {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
}
constexpr sock_filter jump(std::uint32_t distance) {
  return {BPF_JMP | BPF_JA, 0, 0, distance};
}
constexpr sock_filter jump_if_equal(std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return {BPF_JMP | BPF_JEQ | BPF_K, yes, no, value};
}

/// For one architecture: each of the numbers gives `action`. x32 is one with the native ABI, in
/// which its numbers have a bit of their own.
void add_block(std::uint32_t architecture, const std::vector<int>& numbers, std::uint32_t action,
               std::vector<sock_filter>& out) {
  if (numbers.empty()) return;
  const auto length = static_cast<std::uint32_t>(1 + 2 * numbers.size());
  out.push_back(load(offsetof(seccomp_data, arch)));
  out.push_back(jump_if_equal(architecture, 1, 0));
  out.push_back(jump(length));
  out.push_back(load(offsetof(seccomp_data, nr)));
  for (const int number : numbers) {
    out.push_back(jump_if_equal(static_cast<std::uint32_t>(number), 0, 1));
    out.push_back({BPF_RET | BPF_K, 0, 0, action});
  }
}

std::vector<sock_filter> rules_for(const std::vector<std::string>& names, std::uint32_t action) {
  std::vector<int> native, other;
  for (const auto& name : names) {
    const auto call = system_call(name);
    if (!call) continue;  // the check of the bundle file has complained
    if (call->numbers[0] >= 0) native.push_back(call->numbers[0]);
    if (call->numbers[2] >= 0) native.push_back(call->numbers[2]);
    if (call->numbers[1] >= 0) other.push_back(call->numbers[1]);
  }
  std::vector<sock_filter> rules;
  add_block(kNative, native, action, rules);
  add_block(kOther, other, action, rules);
  return rules;
}

}  // namespace

FilterRules filter_rules(const FilterChanges& changes) {
  std::vector<std::string> allowed = changes.allow;
  if (changes.allow_userns) {
    const auto& more = calls_for_user_namespaces();
    allowed.insert(allowed.end(), more.begin(), more.end());
  }
  return {.denied = rules_for(changes.deny, SECCOMP_RET_ERRNO | EPERM),
          .allowed = rules_for(allowed, SECCOMP_RET_ALLOW)};
}

}  // namespace hitch
