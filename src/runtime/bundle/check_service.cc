#include "runtime/bundle/check_service.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/bundle/check_values.h"

namespace hitch {

namespace {

namespace fs = std::filesystem;

void read_kind(const Field& field, ServiceSpec& spec) {
  const Choices<ServiceKind> choices{{"service", ServiceKind::kService},
                                     {"task", ServiceKind::kTask}};
  spec.kind = read_choice(field, choices).value_or(spec.kind);
}

void read_main_command(const Entry& entry, const Field& field, ServiceSpec& spec,
                       const ServiceContext& context) {
  if (entry.shown == "shell") {
    const auto script = read_text(field, "a shell script as text");
    if (script && script->empty()) field.error("the script is empty");
    if (script && check_length(field, script->size())) spec.command = {"/bin/sh", "-c", *script};
  } else {
    spec.command = read_program(field, context).value_or(Command{});
  }
}

std::optional<Condition> read_condition(const Field& field) {
  static const Choices<Condition> kConditions{{"ready", Condition::kReady},
                                              {"started", Condition::kStarted},
                                              {"completed", Condition::kCompleted},
                                              {"succeeded", Condition::kSucceeded}};
  // What other runners call the same. compose-spec, "depends_on"; process-compose, "Dependencies"
  static const Choices<Condition> kOtherWords{
      {"service_started", Condition::kStarted},
      {"service_healthy", Condition::kReady},
      {"service_completed_successfully", Condition::kSucceeded},
      {"process_started", Condition::kStarted},
      {"process_healthy", Condition::kReady},
      {"process_log_ready", Condition::kReady},
      {"process_completed", Condition::kCompleted},
      {"process_completed_successfully", Condition::kSucceeded},
  };
  for (const auto& [word, condition] : kOtherWords) {
    if (field->is_scalar() && field->text == word) return condition;
  }
  return read_choice(field, kConditions);
}

Condition read_dependency(const Field& field) {
  constexpr Condition kDefault = Condition::kReady;
  if (field->kind == NodeKind::kNull) return kDefault;
  if (field->is_scalar()) return read_condition(field).value_or(kDefault);
  if (!check_keys(field, dependency_keys())) return kDefault;
  const Entry* condition = field->find("condition");
  if (condition == nullptr) return kDefault;
  return read_condition(field.entry(*condition)).value_or(kDefault);
}

void read_dependencies(const Field& field, ServiceSpec& spec) {
  if (field->is_sequence()) {  // a good list has become a map before
    return report_items(field, "the name of a service");
  }
  if (!field->is_mapping()) return field.expected("a list of services, or a map");
  for (const Entry& entry : field->entries) {
    spec.depends_on.push_back({entry.key, read_dependency(field.entry(entry))});
  }
}

void read_exit_codes(const Field& field, ServiceSpec& spec) {
  if (!field->is_sequence()) return field.expected("a list of exit codes");
  spec.success_exit_codes.clear();
  for (std::size_t i = 0; i < field->items.size(); ++i) {
    const auto code = read_integer(field.item(i), 0, 255);
    if (code) spec.success_exit_codes.push_back(static_cast<int>(*code));
  }
  if (field->items.empty()) field.error("has to name at least one exit code");
}

void read_clock(const Entry& entry, const Field& field, ServiceSpec& spec) {
  if (entry.shown == "no_libfaketime") {
    spec.real_clock = read_flag(field).value_or(false);
  } else {
    const Choices<bool> choices{{"real", true}, {"bundle", false}};
    spec.real_clock = read_choice(field, choices).value_or(false);
  }
}

void read_gates(const Field& field, ServiceSpec& spec) {
  if (!field->is_sequence()) return field.expected("a list of 'setup', 'ready' and 'poststart'");
  Choices<Gate> choices;
  for (const Gate gate : {Gate::kSetup, Gate::kReady, Gate::kPoststart}) {
    choices.emplace_back(name_of(gate), gate);
  }
  std::set<Gate> gates;
  for (std::size_t i = 0; i < field->items.size(); ++i) {
    const auto gate = read_choice(field.item(i), choices);
    if (gate && !gates.insert(*gate).second) field.item(i).error("is there twice");
  }
  spec.gates.assign(gates.begin(), gates.end());
}

void read_subcommands(const Field& field, ServiceSpec& spec) {
  if (!field->is_mapping()) return field.expected("a map from names to commands");
  for (const Entry& entry : field->entries) {
    auto command = read_command(field.entry(entry));
    if (command) spec.subcommands[entry.key] = std::move(*command);
  }
}

void read_stop_signal(const Field& field, ServiceSpec& spec) {
  const auto text = read_text(field, "a signal, such as SIGINT");
  if (!text) return;
  const auto signal = parse_signal(*text);
  if (!signal) return field.expected("a signal, such as SIGINT, INT or 2");
  spec.stop_signal = *signal;
}

void read_restart(const Field& field, ServiceSpec& spec) {
  constexpr std::string_view kOnFailure = "on-failure:";
  const auto text = read_text(field, "'no', 'on-failure', 'on-failure:N' or 'always'");
  if (!text) return;
  if (text->starts_with(kOnFailure)) {
    const auto limit = parse_number<int>(text->substr(kOnFailure.size()));
    if (!limit || *limit < 1) return field.expected("'on-failure:N', N being a number above 0");
    spec.restart = {RestartPolicy::When::kOnFailure, limit};
    return;
  }
  if (!field->quoted && *text == "false") return;  // how YAML 1.1 tools write a plain no
  using When = RestartPolicy::When;
  const Choices<When> choices{
      {"no", When::kNo}, {"on-failure", When::kOnFailure}, {"always", When::kAlways}};
  spec.restart.when = read_choice(field, choices).value_or(When::kNo);
}

/// Nobody without rights outside of the bundle can raise a hard limit. getrlimit(2)
std::optional<std::uint64_t> read_open_files(const Field& field) {
  constexpr std::int64_t kMost = 1'000'000'000;
  const auto number = read_integer(field, 1, kMost);
  if (!number) return std::nullopt;
  const auto files = static_cast<std::uint64_t>(*number);
  rlimit own{};
  if (::getrlimit(RLIMIT_NOFILE, &own) == 0 && files > own.rlim_max) {
    field.error(std::to_string(files) + " is above the hard limit of open files here, " +
                    std::to_string(own.rlim_max) + " (ulimit -Hn)",
                Blame::kMachine);
  }
  return files;
}

void read_limits(const Field& field, ServiceSpec& spec) {
  if (!check_keys(field, limit_keys())) return;
  constexpr std::int64_t kMost = 1'000'000'000;
  for (const Entry& entry : field->entries) {
    const Field value = field.entry(entry);
    if (entry.key == "memory") spec.limits.memory_bytes = read_size(value);
    if (entry.key == "cpus") spec.limits.cpus = read_amount(value);
    if (entry.key == "pids") spec.limits.pids = read_integer(value, 1, kMost);
    if (entry.key == "open_files") spec.limits.open_files = read_open_files(value);
    if (entry.key == "required") spec.limits.required = read_flag(value).value_or(false);
  }
}

void read_user(const Field& field, ServiceSpec& spec) {
  spec.user = read_text(field, "a user's name or id").value_or("");
  if (spec.user.empty() && field->is_scalar() && !field->unusable) field.expected("a user's name");
}

void read_profiles(const Field& field, ServiceSpec& spec) {
  spec.profiles = read_texts(field);
  for (const auto& name : spec.profiles) {
    if (!is_name(name)) field.error(in_quotes(name) + ' ' + std::string(why_no_name(name)));
  }
}

/// Directories come first: other keys are relative to them.
void read_working_dir(const Field& service, ServiceSpec& spec, const ServiceContext& context) {
  if (spec.root) {
    spec.working_dir = read_dir_in_root(service);
    return;
  }
  spec.working_dir = context.directory;
  const Entry* entry = service->find("working_dir");
  if (entry == nullptr) return;
  spec.working_dir = read_path(service.entry(*entry), context).value_or(context.directory);
}

void read_lifecycle_key(const Entry& entry, const Field& field, ServiceSpec& spec,
                        const ServiceContext& context) {
  const std::string& key = entry.key;
  if (key == "command") read_main_command(entry, field, spec, context);
  if (key == "kind") read_kind(field, spec);
  if (key == "depends_on") read_dependencies(field, spec);
  if (key == "ready") spec.ready = check_ready(field, context, spec.working_dir);
  if (key == "success_exit_codes") read_exit_codes(field, spec);
  if (key == "setup") spec.setup = read_programs(field, context);
  if (key == "poststart") spec.poststart = read_programs(field, context);
  if (key == "teardown") spec.teardown = read_programs(field, context);
  if (key == "gates") read_gates(field, spec);
  if (key == "stop_signal") read_stop_signal(field, spec);
  if (key == "restart") read_restart(field, spec);
  if (key == "profiles") read_profiles(field, spec);
  if (key == "stop_grace_period") {
    spec.stop_grace_period = read_duration(field, Zero::kAllowed).value_or(spec.stop_grace_period);
  }
  if (key == "startup_timeout") {
    spec.startup_timeout = read_duration(field, Zero::kRefused).value_or(spec.startup_timeout);
  }
}

void read_surroundings_key(const Entry& entry, const Field& field, ServiceSpec& spec,
                           const ServiceContext& context) {
  const std::string& key = entry.key;
  if (key == "pass_environment") spec.pass_environment = read_texts(field);
  if (key == "clock") read_clock(entry, field, spec);
  if (key == "subcommands") read_subcommands(field, spec);
  if (key == "publish") spec.publish = check_publish(field);
  if (key == "user") read_user(field, spec);
  if (key == "tmpfs") spec.tmpfs = check_tmpfs(field);
  if (key == "volumes") spec.volumes = check_volumes(field, context);
  if (key == "data") spec.data = check_data(field, context);
  if (key == "limits") read_limits(field, spec);
}

/// What is wrong with keys that are fine one by one.
void check_together(const Field& service, const ServiceSpec& spec) {
  const Entry* restart = service->find("restart");
  if (spec.kind == ServiceKind::kTask && spec.restart.when == RestartPolicy::When::kAlways) {
    service.entry(*restart).error("a task that is always restarted never completes");
  }
  const bool has_image = spec.root && spec.root->directory.empty();  // which has a command
  if (service->find("command") == nullptr && service->find("recipe") == nullptr && !has_image) {
    service.error("has no 'command', 'shell' or 'recipe'");
  }
}

}  // namespace

std::optional<Command> read_program(const Field& field, const ServiceContext& context) {
  auto command = read_command(field);
  if (command && context.uses != nullptr) {
    context.uses->push_back({*command, field->mark, field.path.text()});
  }
  return command;
}

std::vector<Command> read_programs(const Field& field, const ServiceContext& context) {
  std::vector<Command> commands;
  if (!field->is_sequence()) return field.expected("a list of commands"), commands;
  for (std::size_t i = 0; i < field->items.size(); ++i) {
    auto command = read_program(field.item(i), context);
    if (command) commands.push_back(std::move(*command));
  }
  return commands;
}

fs::path absolute_path(const fs::path& directory, const std::string& text) {
  auto path = (directory / text).lexically_normal();
  return path.has_filename() || path == path.root_path() ? path : path.parent_path();
}

std::optional<fs::path> read_path(const Field& field, const ServiceContext& context) {
  const auto text = read_text(field, "a path");
  if (!text) return std::nullopt;
  if (text->empty()) return field.error("expected a path, found ''"), std::nullopt;
  return absolute_path(context.directory, *text);
}

ServiceSpec check_service(const ServiceTree& service, const ServiceContext& context,
                          Diagnostics& out) {
  ServiceSpec spec;
  spec.name = service.name;
  spec.mark = service.mark;
  spec.startup_timeout = context.startup_timeout;
  const KeyPath root{nullptr, "services"};
  const Field field{&service.tree, KeyPath{&root, service.written_name}, &out};
  if (service.tree.unusable) return spec;
  if (!check_keys(field, service_keys())) return spec;
  std::vector<CommandUse> uses;
  ServiceContext own = context;
  own.uses = &uses;
  spec.root = check_root(field, own);
  read_working_dir(field, spec, own);
  for (const Entry& entry : service.tree.entries) {
    const Field value = field.entry(entry);
    read_lifecycle_key(entry, value, spec, own);
    read_surroundings_key(entry, value, spec, own);
  }
  spec.environment = check_environment(service, field.path, own, out);
  check_together(field, spec);
  if (!spec.root) check_machine(spec, field, own);  // else it is in there, and not in PATH here
  return spec;
}

}  // namespace hitch
