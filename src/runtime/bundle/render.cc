#include "runtime/bundle/render.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/bundle/emit.h"
#include "runtime/bundle/interpolate.h"
#include "runtime/bundle/node.h"
#include "runtime/bundle/render_ready.h"

namespace hitch {

Node text_node(std::string_view text) {
  Node node = make_scalar(escape_dollars(text), {});
  node.quoted = true;
  return node;
}

Node word_node(std::string text) {
  return make_scalar(std::move(text), {});
}

Node duration_node(Milliseconds span) {
  return text_node(format_duration(span));
}

Node command_node(const Command& command) {
  Node list = list_node();
  for (const auto& word : command) list.items.push_back(text_node(word));
  return list;
}

Node list_node() {
  Node node;
  node.kind = NodeKind::kSequence;
  return node;
}

Node map_node() {
  Node node;
  node.kind = NodeKind::kMapping;
  return node;
}

void put(Node& map, std::string_view key, Node value) {
  map.entries.push_back({std::string(key), {}, {}, std::move(value)});
}

namespace {

Node number_node(double number) {
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  return word_node(std::string(text.data(), end.ptr));
}

Node environment_node(const Variables& variables) {
  Node map = map_node();
  for (const auto& [name, value] : variables) put(map, name, text_node(value));
  return map;
}

Node commands_node(const std::vector<Command>& commands) {
  Node list = list_node();
  for (const auto& command : commands) list.items.push_back(command_node(command));
  return list;
}

template <typename Texts>
Node texts_node(const Texts& texts) {
  Node list = list_node();
  for (const auto& text : texts) list.items.push_back(text_node(std::string_view(text)));
  return list;
}

Node paths_node(const std::vector<std::filesystem::path>& paths) {
  Node list = list_node();
  for (const auto& path : paths) list.items.push_back(text_node(path.native()));
  return list;
}

Node dependencies_node(const std::vector<Dependency>& dependencies) {
  constexpr std::array<std::string_view, 4> kWords{"started", "ready", "completed", "succeeded"};
  Node map = map_node();
  for (const auto& dependency : dependencies) {
    Node one = map_node();
    put(one, "condition", text_node(kWords[static_cast<std::size_t>(dependency.condition)]));
    put(map, dependency.service, std::move(one));
  }
  return map;
}

Node restart_node(const RestartPolicy& restart) {
  if (restart.when == RestartPolicy::When::kAlways) return text_node("always");
  if (restart.when == RestartPolicy::When::kNo) return text_node("no");
  return text_node(restart.limit ? "on-failure:" + std::to_string(*restart.limit) : "on-failure");
}

Node publish_node(const std::vector<PublishedPort>& ports) {
  Node list = list_node();
  for (const auto& port : ports) {
    const bool is_v6 = port.host_address.find(':') != std::string::npos;
    std::string text = is_v6 ? '[' + port.host_address + ']' : port.host_address;
    text += ':' + (port.host_port > 0 ? std::to_string(port.host_port) : std::string());
    list.items.push_back(text_node(text + ':' + std::to_string(port.bundle_port)));
  }
  return list;
}

Node volumes_node(const std::vector<VolumeSpec>& volumes) {
  Node list = list_node();
  for (const auto& volume : volumes) {
    const std::string &source = volume.source.native(), &target = volume.target.native();
    if ((source + target).find(':') == std::string::npos) {
      list.items.push_back(text_node(source + ':' + target + (volume.read_only ? ":ro" : "")));
      continue;
    }
    Node map = map_node();
    put(map, "source", text_node(source));
    put(map, "target", text_node(target));
    if (volume.read_only) put(map, "read_only", word_node("true"));
    list.items.push_back(std::move(map));
  }
  return list;
}

Node data_node(const DataSpec& data) {
  Node map = map_node();
  put(map, "path", text_node(data.path.native()));
  if (!data.prepare.empty()) put(map, "prepare", commands_node(data.prepare));
  if (!data.key.empty()) put(map, "key", paths_node(data.key));
  return map;
}

Node limits_node(const Limits& limits) {
  Node map = map_node();
  if (limits.memory_bytes) put(map, "memory", word_node(std::to_string(*limits.memory_bytes)));
  if (limits.cpus) put(map, "cpus", number_node(*limits.cpus));
  if (limits.pids) put(map, "pids", word_node(std::to_string(*limits.pids)));
  if (limits.open_files) put(map, "open_files", word_node(std::to_string(*limits.open_files)));
  if (limits.required) put(map, "required", word_node("true"));
  return map;
}

Node signal_node(int signal) {
  const std::string name = signal_name(signal);
  return name.starts_with("SIG") ? text_node(name) : word_node(std::to_string(signal));
}

void put_root(Node& map, const RootSpec& root) {
  if (!root.directory.empty()) {
    put(map, "rootfs", text_node(root.directory.native()));
    return;
  }
  put(map, "image", text_node("oci:" + root.image_layout.native() + ':' + root.image_tag));
  if (root.entrypoint_is_given) put(map, "entrypoint", command_node(root.entrypoint));
}

/// What a service does, and when.
void put_lifecycle(Node& map, const ServiceSpec& service, const BundleSpec& bundle) {
  const ServiceSpec defaults;
  if (service.kind == ServiceKind::kTask) put(map, "kind", text_node("task"));
  if (service.root) put_root(map, *service.root);
  const bool is_script = service.root && service.root->command_is_whole;
  if (is_script) put(map, "shell", text_node(service.command.back()));
  if (!is_script && !service.command.empty()) put(map, "command", command_node(service.command));
  if (!service.root || service.root->working_dir_is_given) {
    put(map, "working_dir", text_node(service.working_dir.native()));
  }
  if (!service.depends_on.empty()) put(map, "depends_on", dependencies_node(service.depends_on));
  if (service.ready) put(map, "ready", ready_node(*service.ready));
  if (service.success_exit_codes != defaults.success_exit_codes) {
    Node codes = list_node();
    for (const int code : service.success_exit_codes) {
      codes.items.push_back(word_node(std::to_string(code)));
    }
    put(map, "success_exit_codes", std::move(codes));
  }
  if (!service.setup.empty()) put(map, "setup", commands_node(service.setup));
  if (!service.poststart.empty()) put(map, "poststart", commands_node(service.poststart));
  if (!service.teardown.empty()) put(map, "teardown", commands_node(service.teardown));
  if (!service.gates.empty()) {
    std::vector<std::string> gates;
    for (const Gate gate : service.gates) gates.emplace_back(name_of(gate));
    put(map, "gates", texts_node(gates));
  }
  const bool keeps_signal = service.root && service.root->stop_signal_is_given;
  if (service.stop_signal != defaults.stop_signal || keeps_signal) {
    put(map, "stop_signal", signal_node(service.stop_signal));
  }
  if (service.stop_grace_period != defaults.stop_grace_period) {
    put(map, "stop_grace_period", duration_node(service.stop_grace_period));
  }
  if (service.restart.when != RestartPolicy::When::kNo) {
    put(map, "restart", restart_node(service.restart));
  }
  if (service.startup_timeout != bundle.startup_timeout) {
    put(map, "startup_timeout", duration_node(service.startup_timeout));
  }
}

/// What a service sees around it.
void put_surroundings(Node& map, const ServiceSpec& service) {
  if (!service.environment.empty()) put(map, "environment", environment_node(service.environment));
  if (!service.pass_environment.empty()) {
    put(map, "pass_environment", texts_node(service.pass_environment));
  }
  if (service.real_clock) put(map, "clock", text_node("real"));
  if (!service.subcommands.empty()) {
    Node subcommands = map_node();
    for (const auto& [name, command] : service.subcommands) {
      put(subcommands, name, command_node(command));
    }
    put(map, "subcommands", std::move(subcommands));
  }
  if (!service.publish.empty()) put(map, "publish", publish_node(service.publish));
  if (!service.user.empty()) put(map, "user", text_node(service.user));
  if (!service.tmpfs.empty()) put(map, "tmpfs", paths_node(service.tmpfs));
  if (!service.volumes.empty()) put(map, "volumes", volumes_node(service.volumes));
  if (service.data) put(map, "data", data_node(*service.data));
  Node limits = limits_node(service.limits);
  if (!limits.entries.empty()) put(map, "limits", std::move(limits));
}

Node clock_node(const ClockSpec& clock) {
  const ClockSpec defaults;
  Node map = map_node();
  if (!clock.start.empty()) put(map, "start", text_node(clock.start));
  if (clock.rate != defaults.rate) put(map, "rate", number_node(clock.rate));
  if (clock.frozen) put(map, "frozen", word_node("true"));
  if (clock.monotonic_offset.count() != 0) {
    put(map, "monotonic_offset", duration_node(clock.monotonic_offset));
  }
  if (clock.backend != defaults.backend) put(map, "backend", text_node(clock.backend));
  return map;
}

/// Nothing of it where a bundle has what every bundle has.
void put_rights(Node& root, const BundleSpec& bundle) {
  Node seccomp = map_node();
  if (!bundle.filter.allow.empty()) put(seccomp, "allow", texts_node(bundle.filter.allow));
  if (!bundle.filter.deny.empty()) put(seccomp, "deny", texts_node(bundle.filter.deny));
  if (!seccomp.entries.empty()) put(root, "seccomp", std::move(seccomp));
  if (bundle.filter.allow_userns) put(root, "allow_userns", word_node("true"));
  std::vector<std::string> capabilities;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((bundle.capabilities >> bit & 1) != 0) capabilities.push_back(capability_name(bit));
  }
  if (!capabilities.empty()) put(root, "cap_add", texts_node(capabilities));
}

Node bundle_node(const BundleSpec& bundle) {
  constexpr std::array<std::string_view, 3> kNetworks{"private", "host", "outbound"};
  constexpr std::array<std::string_view, 3> kFilesystems{"private", "overlay", "host"};
  Node root = map_node();
  put(root, "name", text_node(bundle.name));
  put(root, "startup_timeout", duration_node(bundle.startup_timeout));
  put(root, "shutdown_timeout", duration_node(bundle.shutdown_timeout));
  put(root, "network", text_node(kNetworks[static_cast<std::size_t>(bundle.network)]));
  put(root, "filesystem", text_node(kFilesystems[static_cast<std::size_t>(bundle.filesystem)]));
  put(root, "require_isolation", text_node(name_of(bundle.require_isolation)));
  put_rights(root, bundle);
  if (!bundle.environment.empty()) put(root, "environment", environment_node(bundle.environment));
  Node clock = clock_node(bundle.clock);
  if (bundle.clock.given) put(root, "clock", std::move(clock));
  Node services = map_node();
  for (const auto& service : bundle.services) {
    Node map = map_node();
    put_lifecycle(map, service, bundle);
    put_surroundings(map, service);
    put(services, service.name, std::move(map));
  }
  put(root, "services", std::move(services));
  return root;
}

}  // namespace

std::string render_yaml(const BundleSpec& bundle) {
  return emit_yaml(bundle_node(bundle));
}

std::string render_json(const BundleSpec& bundle) {
  return emit_json(bundle_node(bundle)) + '\n';
}

}  // namespace hitch
