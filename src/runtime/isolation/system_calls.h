#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitch {

/// A system call by name, and its numbers: in the native ABI, in that of 32-bit programs, in x32;
/// -1 where there is no such call.
struct SystemCall {
  std::string_view name;
  std::array<int, 3> numbers;
};

/// Nothing if libseccomp did not know the name when hitch was built.
std::optional<SystemCall> system_call(std::string_view name) noexcept;
/// All names, sorted: to suggest one.
std::vector<std::string_view> system_call_names();

/// What a bundle may do other than the default filter says.
struct FilterChanges {
  std::vector<std::string> allow;  ///< names; whatever their arguments are
  std::vector<std::string> deny;   ///< they get EPERM; counts more than `allow`
  bool allow_userns = false;       ///< programs may make namespaces of their own

  bool is_default() const { return allow.empty() && deny.empty() && !allow_userns; }
  friend bool operator==(const FilterChanges&, const FilterChanges&) = default;
};

/// The calls that `allow_userns` allows: configs/seccomp/userns.json.
const std::vector<std::string>& calls_for_user_namespaces();

/// The number of a capability as the kernel has it, by its name in any of the usual forms:
/// "NET_ADMIN", "cap_net_admin". capabilities(7)
std::optional<unsigned> capability(std::string_view name);
/// "CAP_NET_ADMIN".
std::string capability_name(unsigned number);
std::vector<std::string_view> capability_names();

}  // namespace hitch
