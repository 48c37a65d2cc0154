#include <array>
#include <cerrno>

#include "introspect/machine.h"
#include "introspect/memory_text.h"
#include "introspect/process.h"
#include "introspect/process_state.h"

namespace hitch::introspect {

Answer<MemoryInfo> Process::memory_info() const {
  HITCH_TRY(const auto* memory, state_->memory());
  return *memory;
}

Answer<MemoryFullInfo> Process::memory_full_info() const {
  HITCH_TRY(const auto text, state_->text("smaps_rollup"));
  const auto rollup = parse_rollup(text);
  HITCH_TRY(const auto* memory, state_->memory());
  MemoryFullInfo full;
  static_cast<MemoryInfo&>(full) = *memory;
  full.uss = rollup.uss;
  full.pss = rollup.pss;
  full.swap = rollup.swap;
  return full;
}

Answer<std::vector<MemoryMap>> Process::memory_maps(Grouping grouping) const {
  HITCH_TRY(const auto text, state_->text("smaps"));
  auto maps = parse_smaps(text);
  HITCH_TRY(const auto* own, state_->directory());
  for (auto& map : maps) own->strip_deleted(map.path);
  return grouping == Grouping::kByPath ? group_by_path(std::move(maps)) : std::move(maps);
}

Answer<double> Process::memory_percent(std::string_view memtype) const {
  using Basic = std::pair<std::string_view, std::uint64_t MemoryInfo::*>;
  constexpr std::array<Basic, 7> kBasic{{{"rss", &MemoryInfo::rss},
                                         {"vms", &MemoryInfo::vms},
                                         {"shared", &MemoryInfo::shared},
                                         {"text", &MemoryInfo::text},
                                         {"lib", &MemoryInfo::lib},
                                         {"data", &MemoryInfo::data},
                                         {"dirty", &MemoryInfo::dirty}}};
  using Full = std::pair<std::string_view, std::uint64_t MemoryFullInfo::*>;
  constexpr std::array<Full, 3> kFull{{{"uss", &MemoryFullInfo::uss},
                                       {"pss", &MemoryFullInfo::pss},
                                       {"swap", &MemoryFullInfo::swap}}};
  const auto percent = [this](std::uint64_t bytes) -> Answer<double> {
    if (memory_bytes() == 0) {
      return ProcessError(ProcessErrorKind::kOther, pid_, EBADMSG, "read '/proc/meminfo'");
    }
    return static_cast<double>(bytes) / static_cast<double>(memory_bytes()) * 100;
  };
  for (const auto& [name, member] : kBasic) {
    if (name != memtype) continue;
    HITCH_TRY(const auto* memory, state_->memory());
    return percent(memory->*member);
  }
  for (const auto& [name, member] : kFull) {
    if (name != memtype) continue;
    HITCH_TRY(const auto memory, memory_full_info());
    return percent(memory.*member);
  }
  return ProcessError(ProcessErrorKind::kInvalidArgument, pid_, EINVAL,
                      "no type of memory " + in_quotes(memtype));
}

}  // namespace hitch::introspect
