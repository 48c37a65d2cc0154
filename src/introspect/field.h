#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "introspect/process_types.h"

namespace hitch::introspect {

/// What Process::as_dict() knows, in psutil's words and by the alphabet.
enum class Field {
  kCmdline,
  kConnections,
  kCpuAffinity,
  kCpuNum,
  kCpuPercent,
  kCpuTimes,
  kCreateTime,
  kCwd,
  kEnviron,
  kExe,
  kGids,
  kIoCounters,
  kIonice,
  kMemoryFullInfo,
  kMemoryInfo,
  kMemoryMaps,
  kMemoryPercent,
  kName,
  kNice,
  kNumCtxSwitches,
  kNumFds,
  kNumThreads,
  kOpenFiles,
  kPid,
  kPpid,
  kStatus,
  kTerminal,
  kThreads,
  kUids,
  kUsername
};

std::span<const Field> all_fields() noexcept;
/// "cpu_times".
std::string_view field_name(Field field) noexcept;
/// @return nothing for a name that there is not
std::optional<Field> field_named(std::string_view name) noexcept;

/// The value of a field, of the type that the function of that name returns. Without a value: it
/// may not be seen, or a zombie has none, or it has no terminal.
using FieldValue =
    std::variant<std::monostate, std::int64_t, double, std::string, std::vector<std::string>,
                 std::vector<int>, std::map<std::string, std::string>, Ids<unsigned>, CpuTimes,
                 IoCounters, IoPriority, MemoryInfo, MemoryFullInfo, std::vector<MemoryMap>,
                 CtxSwitches, std::vector<OpenFile>, std::vector<Thread>, std::vector<Connection>>;

/// The fields of a process, in the order in which they were asked for.
using ProcessDict = std::vector<std::pair<Field, FieldValue>>;

}  // namespace hitch::introspect
