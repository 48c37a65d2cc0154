#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace hitch {

/// How much of its isolation a machine lets a bundle have. Each level has less than the one after
/// it; docs/isolation.md says what. Nobody chooses one: it is the highest that the machine gives.
enum class IsolationLevel {
  kProcess,     ///< no namespaces at all
  kRealRoot,    ///< namespaces by the rights of root, as there are no user namespaces
  kSharedProc,  ///< all namespaces, and the machine's /proc, as the kernel refuses a fresh one
  kFull,
};

inline constexpr std::array kIsolationLevels{IsolationLevel::kProcess, IsolationLevel::kRealRoot,
                                             IsolationLevel::kSharedProc, IsolationLevel::kFull};

/// The word for it in bundle files, on the command line and in answers: "shared-proc".
std::string_view name_of(IsolationLevel level) noexcept;
std::optional<IsolationLevel> isolation_level_of(std::string_view name) noexcept;

/// What bundles go without at a level, for messages; empty for the full one.
std::string_view loss_at(IsolationLevel level) noexcept;

/// Why a bundle runs at a level, as people are told: "isolation is 'shared-proc', not 'full': …".
/// @param why  what the machine refused
std::string isolation_notice(IsolationLevel level, std::string_view why);

}  // namespace hitch
