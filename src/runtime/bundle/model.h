#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/deadline.h"
#include "runtime/isolation/level.h"
#include "runtime/isolation/system_calls.h"

namespace hitch {

/// A bundle as it runs: merged, interpolated, checked, recipes and replicas expanded. Every path is
/// absolute, every default filled in. The words are those of docs/bundle-file.md.

/// A program and its arguments, exec'd as they are; argv[0] is looked up in the service's PATH.
using Command = std::vector<std::string>;
/// Names and values of environment variables, in the order in which they were given.
using Variables = std::vector<std::pair<std::string, std::string>>;

enum class ServiceKind { kService, kTask };

/// What a service waits for in another one before it starts.
enum class Condition {
  kStarted,    ///< its program runs
  kReady,      ///< its readiness condition held once and its poststart commands are done
  kCompleted,  ///< it has ended, however
  kSucceeded,  ///< it has ended with one of its success_exit_codes
};

struct Dependency {
  std::string service;
  Condition condition = Condition::kReady;
};

/// A place in the life of a service at which it waits for a client of the control socket.
enum class Gate {
  kSetup,      ///< before its setup commands
  kReady,      ///< when its readiness condition has held, or its program runs if it has none
  kPoststart,  ///< after its poststart commands
};
inline constexpr std::array<std::string_view, 3> kGateNames{"setup", "ready", "poststart"};
constexpr std::string_view name_of(Gate gate) noexcept {
  return kGateNames[static_cast<std::size_t>(gate)];
}

enum class Stream { kAny, kOut, kErr };

/// Where in the files something was written, for messages about it.
struct SourceMark {
  std::string file;
  int line = 0, column = 0;  ///< from 1; 0: not known
};

/// A line that a service has to print.
struct LogReady {
  enum class Match {
    kText,   ///< the line contains it
    kRegex,  ///< RE2 syntax, found anywhere in the line
    kJson,   ///< the line is JSON and this jq filter gives neither false nor null nor nothing
  };
  Match match = Match::kText;
  std::string pattern;
  Stream stream = Stream::kAny;
  int times = 1;  ///< so many lines have to match; >= 1
  /// Where the pattern is, for complaints of those who compile it.
  SourceMark mark{};
  std::string key_path{};  ///< "services.Django.ready.log_regex"
};
/// A process of the service listens on this TCP port, says the kernel's socket table.
struct ListenReady {
  std::uint16_t port = 0;
};
/// A TCP connection is accepted, from inside the bundle.
struct TcpReady {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};
/// An HTTP/1.1 GET is answered with `status`, from inside the bundle; 0: any of 200 to 399.
struct HttpReady {
  std::string host = "127.0.0.1";
  std::uint16_t port = 80;
  std::string path = "/";
  int status = 0;
};
/// A command in the service's environment exits with 0.
struct ExecReady {
  Command command;
};
/// A path exists, as the service sees it; absolute.
struct FileReady {
  std::string path;
};
/// The service says READY=1 on $NOTIFY_SOCKET. sd_notify(3)
struct NotifyReady {};

struct ReadyCondition;
/// Several conditions together, each of which has to hold once (all), or one of them (any).
struct ReadyGroup {
  enum class Mode { kAll, kAny };
  Mode mode = Mode::kAll;
  std::vector<ReadyCondition> members;  ///< not empty
};
struct ReadyCondition {
  std::variant<LogReady, ListenReady, TcpReady, HttpReady, ExecReady, FileReady, NotifyReady,
               ReadyGroup>
      test;
};

struct ReadySpec {
  ReadyCondition condition;
  Milliseconds interval{50};  ///< between two looks, where one has to look
  /// From the start of the program; nothing: the service's startup_timeout.
  std::optional<Milliseconds> timeout;
};

struct RestartPolicy {
  enum class When { kNo, kOnFailure, kAlways };
  When when = When::kNo;
  std::optional<int> limit;  ///< of on-failure:N; nothing: no limit
};

/// A port of the bundle that can be reached from the host.
struct PublishedPort {
  std::string host_address = "127.0.0.1";
  std::uint16_t host_port = 0;  ///< 0: any free one
  std::uint16_t bundle_port = 0;
};

struct VolumeSpec {
  std::filesystem::path source;  ///< on the host; exists
  std::filesystem::path target;  ///< in the bundle
  bool read_only = false;
};

/// A directory below the service's data directory that is prepared once and then cached.
struct DataSpec {
  std::filesystem::path path;              ///< relative to HITCH_DATA
  std::vector<Command> prepare;            ///< run once, with the directory empty
  std::vector<std::filesystem::path> key;  ///< files whose content is part of the cache key
};

/// Nothing means: as the caller has it.
struct Limits {
  std::optional<std::uint64_t> memory_bytes;
  std::optional<double> cpus;
  std::optional<std::uint64_t> pids;
  std::optional<std::uint64_t> open_files;
  /// A machine that cannot enforce the first three is an error; else it is told of.
  bool required = false;
};

/// A root file system of its own, in which a service runs instead of in the bundle's.
/// docs/images.md
struct RootSpec {
  std::filesystem::path directory;     ///< of `rootfs`; absolute. Empty: an image
  std::filesystem::path image_layout;  ///< the directory of an OCI image layout; absolute
  std::string image_tag;
  Command entrypoint;  ///< of the file; empty: the image's
  bool entrypoint_is_given = false;
  bool command_is_whole = false;  ///< `shell`: no entry point comes before it
  bool working_dir_is_given = false;
  bool stop_signal_is_given = false;
  SourceMark mark{};
  std::string key_path{};  ///< "services.Web.image"

  struct Layer {
    std::string digest;   ///< of the blob
    std::string diff_id;  ///< of the archive in it
  };
  // What is found out before the run starts. supervisor/service_roots.h
  std::uint32_t number = 0;   ///< among those of the bundle, from 1
  std::string image_id;       ///< the digest of its configuration
  std::vector<Layer> layers;  ///< of the image, the lowest one first
  Variables environment;      ///< of the image
  std::string user;           ///< who the image wants to be; may be empty
};

struct ServiceSpec {
  std::string name;
  SourceMark mark;
  ServiceKind kind = ServiceKind::kService;
  std::optional<RootSpec> root;  ///< nothing: the bundle's
  Command command;               ///< with an image, empty until that has been read: its own
  std::filesystem::path working_dir;
  /// What the files say: bundle, recipe, env_file and service, later ones win. The clean
  /// environment around it is made in process/environment.
  Variables environment;
  std::vector<std::string> pass_environment;  ///< names and "PREFIX_*" to take from the caller
  std::vector<Dependency> depends_on;
  std::optional<ReadySpec> ready;  ///< nothing: ready when started; a task: when it succeeded
  std::vector<int> success_exit_codes{0};
  bool real_clock = false;
  std::vector<Command> setup, poststart, teardown;
  std::vector<Gate> gates;  ///< each at most once, in the order of Gate
  std::map<std::string, Command> subcommands;
  int stop_signal = 15;
  Milliseconds stop_grace_period{5000};
  RestartPolicy restart;
  std::vector<PublishedPort> publish;
  std::string user;                          ///< empty: the default user
  std::vector<std::filesystem::path> tmpfs;  ///< in the bundle
  std::vector<VolumeSpec> volumes;
  std::optional<DataSpec> data;
  Limits limits;
  std::vector<std::string> profiles;
  /// From the service's own start (its dependencies are ready) to the end of its poststart.
  Milliseconds startup_timeout{15000};
};

enum class NetworkMode { kPrivate, kHost, kOutbound };
enum class FilesystemMode {
  kPrivate,  ///< the host's tree read-only, bundle directory and volumes writable, the rest private
  kOverlay,  ///< the same, and writes to the bundle directory are thrown away too
  kHost,     ///< the caller's view unchanged
};

/// What the file says about the bundle's clock. Times are kept as they were written.
struct ClockSpec {
  bool given = false;  ///< the file has the key: the bundle has a clock of its own
  std::string start;   ///< ISO 8601; empty: now
  double rate = 1.0;
  bool frozen = false;
  Milliseconds monotonic_offset{0};
  std::string backend = "auto";
};

struct BundleSpec {
  std::string name;
  std::filesystem::path directory;  ///< of the first file; relative paths start there
  std::vector<std::string> files;   ///< as they were given; "-" is stdin
  Milliseconds startup_timeout{15000};
  Milliseconds shutdown_timeout{5000};
  Variables environment;  ///< also that of CMD
  ClockSpec clock;
  NetworkMode network = NetworkMode::kPrivate;
  FilesystemMode filesystem = FilesystemMode::kPrivate;
  /// A machine that gives less is an error.
  IsolationLevel require_isolation = IsolationLevel::kProcess;
  FilterChanges filter;               ///< to what the default one allows
  std::uint64_t capabilities = 0;     ///< bits: of all that runs in it, within its user namespace
  std::vector<ServiceSpec> services;  ///< in the order of the files

  /// Where the data directories of the services are, as the bundle sees them.
  std::string data_root = "/run/hitch/data";
  /// TMPDIR of all its programs; empty: they have a /tmp of their own.
  std::string temporary_directory{};

  const ServiceSpec* find(std::string_view service) const;
  /// The data directory of a service, which it finds in HITCH_DATA.
  std::string data_dir(std::string_view service) const {
    return data_root + '/' + std::string(service);
  }
};

inline const ServiceSpec* BundleSpec::find(std::string_view service) const {
  for (const auto& candidate : services) {
    if (candidate.name == service) return &candidate;
  }
  return nullptr;
}

}  // namespace hitch
