#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/command.h"

namespace hitch::bench {

/// What the command line asks for.
struct Settings {
  std::string hitch;               ///< the program under test
  std::filesystem::path fixtures;  ///< directory of the fixture programs
  std::filesystem::path disk;      ///< scratch directory, usually on a disk
  std::filesystem::path memory;    ///< the same on a tmpfs; empty: there is none
  bool quick = false;
  std::vector<std::string> rows;  ///< empty: all

  /// How often to measure: `normally`, or a fifth of that, at least three times.
  int rounds(int normally) const { return quick ? std::max(3, normally / 5) : normally; }
  std::string fixture(const std::string& name) const { return (fixtures / name).native(); }
};

/// Writes a bundle file into a directory of its own.
/// @return the directory
std::filesystem::path make_bundle(const Settings& settings, const std::string& name,
                                  const std::string& content);

/// So many services, each of which prints a line, by which it is ready, and stays.
std::string services_that_print(const Settings& settings, int count);

/// `hitch run` in that directory, with these words after it.
Command hitch_run(const Settings& settings, const std::filesystem::path& bundle,
                  const std::vector<std::string>& words = {});

/// `hitch ps --format json` in that directory: one JSON object a service.
std::string list_services(const Settings& settings, const std::filesystem::path& bundle);

/// The peers that run one program in fresh namespaces: those that a bundle has, at their least.
Command unshare_run(const std::vector<std::string>& program);
Command bwrap_run(const std::vector<std::string>& program);

/// Where hitch keeps the logs of its runs: in `base`.
void put_state_into(const std::filesystem::path& base);
/// Bytes of the log of the only run in `base`, which is then removed. Large logs would pile up.
std::uintmax_t take_log_size(const std::filesystem::path& base);

/// Type of the file system that holds a path: "tmpfs", "ext4".
std::string file_system_of(const std::filesystem::path& path);

}  // namespace hitch::bench
