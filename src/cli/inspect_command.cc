#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <memory>

#include "cli/commands.h"
#include "cli/field_text.h"
#include "cli/live_run.h"
#include "cli/process_tree.h"
#include "cli/service_processes.h"
#include "introspect/field_json.h"
#include "introspect/process.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

using introspect::Field;
using introspect::Process;
using introspect::Snapshot;
using introspect::SnapshotProcess;

struct InspectOptions {
  std::string service;
  std::vector<std::string> fields;
  pid_t pid = 0;
  bool tree = false;
};

/// What as_dict() has another name for.
constexpr std::array<std::pair<std::string_view, Field>, 2> kOtherNames{
    {{"memory_info_ex", Field::kMemoryInfo}, {"net_connections", Field::kConnections}}};
/// What as_dict() has not.
constexpr std::array<std::string_view, 3> kMoreFields{"children", "parents", "rlimit"};

std::vector<std::string_view> field_names() {
  std::vector<std::string_view> names(kMoreFields.begin(), kMoreFields.end());
  for (const Field field : introspect::all_fields()) names.push_back(field_name(field));
  for (const auto& [name, field] : kOtherNames) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

/// All but those that take long, and cpu_percent, which takes a span of time.
std::vector<std::string> usual_fields() {
  std::vector<std::string> names;
  for (const Field field : introspect::all_fields()) {
    if (field == Field::kMemoryMaps || field == Field::kMemoryFullInfo) continue;
    if (field == Field::kCpuPercent) continue;
    names.emplace_back(field_name(field));
  }
  return names;
}

Status check_fields(const std::vector<std::string>& fields) {
  const auto known = field_names();
  for (const auto& field : fields) {
    if (std::binary_search(known.begin(), known.end(), std::string_view(field))) continue;
    auto error = Error::because("there is no field " + in_quotes(field), Kind::kUsage);
    const auto nearest = nearest_spelling(field, known);
    if (!nearest) return std::move(error).with_hint("hitch help fields has all of them");
    return std::move(error).with_hint("did you mean '" + *nearest + "'?");
  }
  return Done{};
}

/// What a process says of itself, as pairs of a name and JSON.
using Described = std::vector<std::pair<std::string, std::string>>;

std::string json_of(const introspect::FieldValue& value) {
  std::string text;
  introspect::FieldJson(text).write(value);
  return text;
}

std::string json_of(const std::vector<Process>& processes) {
  std::vector<int> pids;
  pids.reserve(processes.size());
  for (const auto& process : processes) pids.push_back(process.pid());
  return json_of(introspect::FieldValue(std::move(pids)));
}

/// The limits as getrlimit(2) names them, in small letters; -1: none.
introspect::Answer<std::string> limits_of(const Process& process) {
  constexpr std::array<std::pair<const char*, int>, 16> kLimits{{{"as", RLIMIT_AS},
                                                                 {"core", RLIMIT_CORE},
                                                                 {"cpu", RLIMIT_CPU},
                                                                 {"data", RLIMIT_DATA},
                                                                 {"fsize", RLIMIT_FSIZE},
                                                                 {"locks", RLIMIT_LOCKS},
                                                                 {"memlock", RLIMIT_MEMLOCK},
                                                                 {"msgqueue", RLIMIT_MSGQUEUE},
                                                                 {"nice", RLIMIT_NICE},
                                                                 {"nofile", RLIMIT_NOFILE},
                                                                 {"nproc", RLIMIT_NPROC},
                                                                 {"rss", RLIMIT_RSS},
                                                                 {"rtprio", RLIMIT_RTPRIO},
                                                                 {"rttime", RLIMIT_RTTIME},
                                                                 {"sigpending", RLIMIT_SIGPENDING},
                                                                 {"stack", RLIMIT_STACK}}};
  std::string text;
  introspect::FieldJson json(text);
  json.open('{');
  for (const auto& [name, resource] : kLimits) {
    HITCH_TRY(const auto limits, process.rlimit(resource));
    json.key(name);
    json.write(limits);
  }
  json.close('}');
  return text;
}

introspect::Answer<std::string> value_of(const Process& process, std::string_view name) {
  for (const auto& [other, field] : kOtherNames) {
    if (name == other) name = field_name(field);
  }
  if (name == "rlimit") return limits_of(process);
  if (name == "children") {
    HITCH_TRY(const auto children, process.children());
    return json_of(children);
  }
  if (name == "parents") {
    HITCH_TRY(const auto parents, process.parents());
    return json_of(parents);
  }
  if (name == "cpu_percent") {
    constexpr std::chrono::milliseconds kSpan(200);
    HITCH_TRY(const auto percent, process.cpu_percent(kSpan));
    return json_of(introspect::FieldValue(percent));
  }
  HITCH_TRY(const auto value, process.field(*introspect::field_named(name)));
  return json_of(value);
}

/// What may not be seen, or what a zombie has not, is null.
Status add_fields(const Process& process, const std::vector<std::string>& names, Described& all) {
  const auto batch = process.oneshot();
  for (const auto& name : names) {
    auto value = value_of(process, name);
    using introspect::ProcessErrorKind;
    if (value) {
      all.emplace_back(name, *std::move(value));
    } else if (value.error().kind() == ProcessErrorKind::kAccessDenied ||
               value.error().kind() == ProcessErrorKind::kZombieProcess) {
      all.emplace_back(name, "null");
    } else {
      return value.error().error();
    }
  }
  return Done{};
}

/// The process that is asked for: by default the main one.
Result<const SnapshotProcess*> choose(const std::vector<const SnapshotProcess*>& processes,
                                      const ServiceRow& service, pid_t pid) {
  const auto has_pid = [&](pid_t SnapshotProcess::*member, pid_t wanted) -> const SnapshotProcess* {
    const auto found =
        std::find_if(processes.begin(), processes.end(),
                     [&](const SnapshotProcess* process) { return process->*member == wanted; });
    return found != processes.end() ? *found : nullptr;
  };
  const auto* found = has_pid(&SnapshotProcess::pid, pid == 0 ? service.pid : pid);
  if (found == nullptr && pid != 0) found = has_pid(&SnapshotProcess::inner_pid, pid);
  if (found != nullptr) return found;
  if (pid == 0) {
    return Error::because("service " + in_quotes(service.name) + " does not run", Kind::kUsage);
  }
  return Error::because(
             "service " + in_quotes(service.name) + " has no process " + std::to_string(pid),
             Kind::kUsage)
      .with_hint("hitch inspect " + service.name + " --tree lists them");
}

/// One process and its fields, in the order in which they were asked for.
Result<Described> describe(const SnapshotProcess& process, const ServiceRow& service,
                           const std::vector<std::string>& fields) {
  Described all{{"service", json_of(introspect::FieldValue(service.name))},
                {"pid", std::to_string(process.pid)},
                {"pid_inside", std::to_string(process.inner_pid)}};
  std::vector<std::string> others;
  for (const auto& field : fields) {
    if (field != "pid") others.push_back(field);
  }
  const Process live(process.pid, process.start_time);
  HITCH_CHECK(add_fields(live, others, all));
  return all;
}

std::string text_of(const Described& process, OutputFormat format) {
  std::string text;
  if (format == OutputFormat::kText) {
    for (const auto& [name, value] : process) {
      const auto written = field_text(value);
      text += name + (written.empty() || written.front() == '\n' ? ":" : ": ") + written + '\n';
    }
    return text;
  }
  for (const auto& [name, value] : process) {
    text += (text.empty() ? "{\"" : ",\"") + name + "\":" + value;
  }
  return text + "}\n";
}

Status print_tree(const std::vector<const SnapshotProcess*>& processes, const ServiceRow& service,
                  const InspectOptions& options, Context& context) {
  if (context.format == OutputFormat::kText && options.fields.empty()) {
    print(context, tree_text(processes));
    return Done{};
  }
  const std::vector<std::string> usual{"ppid",        "status",    "name",       "cmdline",
                                       "memory_info", "cpu_times", "num_threads"};
  for (const auto* process : processes) {
    auto row = describe(*process, service, options.fields.empty() ? usual : options.fields);
    if (!row) continue;  // it has ended since
    const std::string gap = context.format == OutputFormat::kText ? "\n" : "";
    print(context, text_of(*row, context.format) + gap);
  }
  return Done{};
}

Status run_inspect(const InspectOptions& options, Context& context) {
  HITCH_CHECK(check_fields(options.fields));
  HITCH_TRY(auto client, connect_to_bundle(context));
  HITCH_TRY(const auto info, client.call("bundle.info"));
  const auto bundle = bundle_row(info);
  HITCH_TRY(const auto service, find_service(bundle, options.service));
  HITCH_TRY(const auto snapshot, Snapshot::below(bundle.init_pid));
  const auto processes = processes_of(snapshot, bundle, service);
  HITCH_TRY(const auto* process, choose(processes, service, options.pid));
  if (options.tree) return print_tree(processes, service, options, context);
  HITCH_TRY(const auto described,
            describe(*process, service, options.fields.empty() ? usual_fields() : options.fields));
  print(context, text_of(described, context.format));
  return Done{};
}

/// As CLI11 writes a type with its choices, so that completion knows them.
std::string type_with_choices() {
  std::string type = "FIELD:{";
  for (const auto name : field_names()) type.append(name) += ',';
  type.back() = '}';
  return type;
}

}  // namespace

void add_inspect_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<InspectOptions>();  // lives as long as the callback
  CLI::App* inspect = app.add_subcommand("inspect", "Show what a process of a service is doing");
  inspect->add_option("service", options->service, "A service of the bundle")->required();
  inspect->add_option("fields", options->fields, "What to show; all that is quick by default")
      ->type_name(type_with_choices());
  inspect->add_option("--pid", options->pid, "Not its main process but this one, by either pid")
      ->type_name("PID");
  inspect->add_flag("--tree", options->tree, "All its processes");
  inspect->callback([options, &context] {
    const auto status = run_inspect(*options, context);
    if (!status) report_failure(context, status.error());
  });
}

}  // namespace hitch
