#include <array>

#include "introspect/field.h"
#include "introspect/process.h"

namespace hitch::introspect {

namespace {

// One type for each shape of a value.
FieldValue value_of(int number) {
  return std::int64_t{number};
}
FieldValue value_of(std::optional<std::string> text) {
  return text ? FieldValue(*std::move(text)) : FieldValue();
}
template <typename T>
FieldValue value_of(T value) {
  return FieldValue(std::move(value));
}

using Getter = Answer<FieldValue> (*)(const Process&);

template <auto kMember>
Answer<FieldValue> get(const Process& process) {
  HITCH_TRY(auto value, (process.*kMember)());
  return value_of(std::move(value));
}

struct FieldEntry {
  Field field;
  std::string_view name;
  Getter getter;
};
// Functions that take something are asked for what they give by default.
constexpr std::array<FieldEntry, 30> kFields{{
    {Field::kCmdline, "cmdline", get<&Process::cmdline>},
    {Field::kConnections, "connections",
     [](const Process& process) -> Answer<FieldValue> {
       HITCH_TRY(auto value, process.connections());
       return FieldValue(std::move(value));
     }},
    {Field::kCpuAffinity, "cpu_affinity", get<&Process::cpu_affinity>},
    {Field::kCpuNum, "cpu_num", get<&Process::cpu_num>},
    {Field::kCpuPercent, "cpu_percent",
     [](const Process& process) -> Answer<FieldValue> {
       HITCH_TRY(const auto value, process.cpu_percent());
       return FieldValue(value);
     }},
    {Field::kCpuTimes, "cpu_times", get<&Process::cpu_times>},
    {Field::kCreateTime, "create_time", get<&Process::create_time>},
    {Field::kCwd, "cwd", get<&Process::cwd>},
    {Field::kEnviron, "environ", get<&Process::environ>},
    {Field::kExe, "exe", get<&Process::exe>},
    {Field::kGids, "gids", get<&Process::gids>},
    {Field::kIoCounters, "io_counters", get<&Process::io_counters>},
    {Field::kIonice, "ionice", get<&Process::ionice>},
    {Field::kMemoryFullInfo, "memory_full_info", get<&Process::memory_full_info>},
    {Field::kMemoryInfo, "memory_info", get<&Process::memory_info>},
    {Field::kMemoryMaps, "memory_maps",
     [](const Process& process) -> Answer<FieldValue> {
       HITCH_TRY(auto value, process.memory_maps());
       return FieldValue(std::move(value));
     }},
    {Field::kMemoryPercent, "memory_percent",
     [](const Process& process) -> Answer<FieldValue> {
       HITCH_TRY(const auto value, process.memory_percent());
       return FieldValue(value);
     }},
    {Field::kName, "name", get<&Process::name>},
    {Field::kNice, "nice", get<&Process::nice>},
    {Field::kNumCtxSwitches, "num_ctx_switches", get<&Process::num_ctx_switches>},
    {Field::kNumFds, "num_fds", get<&Process::num_fds>},
    {Field::kNumThreads, "num_threads", get<&Process::num_threads>},
    {Field::kOpenFiles, "open_files", get<&Process::open_files>},
    {Field::kPid, "pid",
     [](const Process& process) -> Answer<FieldValue> { return value_of(process.pid()); }},
    {Field::kPpid, "ppid", get<&Process::ppid>},
    {Field::kStatus, "status", get<&Process::status>},
    {Field::kTerminal, "terminal", get<&Process::terminal>},
    {Field::kThreads, "threads", get<&Process::threads>},
    {Field::kUids, "uids", get<&Process::uids>},
    {Field::kUsername, "username", get<&Process::username>},
}};

constexpr std::array<Field, kFields.size()> fields_of_table() {
  std::array<Field, kFields.size()> fields{};
  std::size_t place = 0;
  for (const auto& entry : kFields) fields[place++] = entry.field;
  return fields;
}
constexpr auto kAllFields = fields_of_table();

constexpr bool is_in_order() {
  std::size_t place = 0;
  for (const Field field : kAllFields) {
    if (static_cast<std::size_t>(field) != place++) return false;
  }
  return true;
}
static_assert(is_in_order(), "fields are found by their number");

const FieldEntry& entry_of(Field field) noexcept {
  return kFields[static_cast<std::size_t>(field)];
}

}  // namespace

std::span<const Field> all_fields() noexcept {
  return kAllFields;
}

std::string_view field_name(Field field) noexcept {
  return entry_of(field).name;
}

std::optional<Field> field_named(std::string_view name) noexcept {
  for (const auto& entry : kFields) {
    if (entry.name == name) return entry.field;
  }
  return std::nullopt;
}

Answer<FieldValue> Process::field(Field field) const {
  return entry_of(field).getter(*this);
}

Answer<ProcessDict> Process::as_dict(std::span<const Field> fields) const {
  const auto batch = oneshot();
  ProcessDict dict;
  dict.reserve(fields.size());
  for (const Field field : fields) {
    auto value = this->field(field);
    if (value) {
      dict.emplace_back(field, *std::move(value));
      continue;
    }
    const auto kind = value.error().kind();
    if (kind != ProcessErrorKind::kAccessDenied && kind != ProcessErrorKind::kZombieProcess) {
      return std::move(value).error();
    }
    dict.emplace_back(field, FieldValue());
  }
  return dict;
}

}  // namespace hitch::introspect
