#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/bundle/diagnostics.h"
#include "runtime/bundle/host_names.h"

namespace hitch {

/// Names and values of the caller's environment.
using Environment = std::map<std::string, std::string, std::less<>>;

/// One service after merging, interpolation, recipes and replicas: all that is left is to check it
/// and to turn it into a ServiceSpec.
struct ServiceTree {
  std::string name;
  std::string written_name;  ///< without the "-1" of a replica
  SourceMark mark;           ///< of the name in the file
  int replica = 0;           ///< from 1; 0: not one of several
  Node tree;
  std::optional<Node> recipe_environment;  ///< env_file comes between it and the service's own
};

/// A command with its place, whose program has to exist.
struct CommandUse {
  Command command;
  SourceMark mark;
  std::string path;
};

/// What the check of a service knows beside the service.
struct ServiceContext {
  const Environment* caller = nullptr;
  std::filesystem::path directory;  ///< of the bundle file; absolute
  std::filesystem::path cwd;        ///< paths in messages are relative to it
  Variables bundle_environment;
  Milliseconds startup_timeout{15000};
  std::vector<CommandUse>* uses = nullptr;
  const HostNames* hosts = nullptr;  ///< that the bundle knows; null: any will do
};

/// Decodes and checks one service. Dependencies are left as they are written, for check_links.
ServiceSpec check_service(const ServiceTree& service, const ServiceContext& context,
                          Diagnostics& out);

/// As read_command, and notes it down among the commands whose program has to exist.
std::optional<Command> read_program(const Field& field, const ServiceContext& context);
std::vector<Command> read_programs(const Field& field, const ServiceContext& context);

/// `text` as a path from `directory`, without "." and ".." and a slash at its end.
std::filesystem::path absolute_path(const std::filesystem::path& directory,
                                    const std::string& text);
/// A path of the file, made absolute from the bundle's directory. An empty one is an error.
std::optional<std::filesystem::path> read_path(const Field& field, const ServiceContext& context);

/// The environment that the files give to a service; src of each part in ServiceTree.
Variables check_environment(const ServiceTree& service, const KeyPath& path,
                            const ServiceContext& context, Diagnostics& out);
/// Lays the variables of a map over those that are there. A name without a value is the caller's.
void add_variables(const Field& field, const Environment& caller, Variables& variables);

std::optional<ReadySpec> check_ready(const Field& field, const ServiceContext& context,
                                     const std::filesystem::path& working_dir);

std::vector<PublishedPort> check_publish(const Field& field);
std::vector<VolumeSpec> check_volumes(const Field& field, const ServiceContext& context);
std::vector<std::filesystem::path> check_tmpfs(const Field& field);
std::optional<DataSpec> check_data(const Field& field, const ServiceContext& context);

/// `rootfs`, `image` and what depends on them; nothing if the service has neither.
std::optional<RootSpec> check_root(const Field& service, const ServiceContext& context);
/// `working_dir` of a service with a root of its own: a path in that.
std::filesystem::path read_dir_in_root(const Field& service);

/// Whether `path` is `parent` or below it, going by the names alone.
bool is_below(const std::filesystem::path& path, const std::filesystem::path& parent);
/// Whether a path is in one of the directories that every bundle has for itself.
bool is_below_private(const std::filesystem::path& path);

/// Whether the working directory and the programs of a service are there.
void check_machine(const ServiceSpec& spec, const Field& service, const ServiceContext& context);

}  // namespace hitch
