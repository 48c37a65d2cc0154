#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/logs/record.h"

namespace hitch {

/// What the command line of `hitch logs` says.
struct LogsOptions {
  std::vector<std::string> services{};
  bool follow = false;
  bool until_input_ends = false;  ///< following goes on
  std::optional<std::uint64_t> lines{};
  bool out = false, err = false;
  bool setup = false, poststart = false, teardown = false;
  bool timestamps = false;
  std::optional<std::string> since{};
  bool json = false;
  std::optional<std::string> until{}, until_regex{}, until_json{};
  std::optional<std::string> timeout{};
  std::optional<std::uint64_t> lines_back{};

  bool is_wait() const noexcept { return until || until_regex || until_json; }
};

/// Which streams are meant. --setup, --poststart and --teardown choose phases, --out and --err one
/// of the two outputs. Without a phase, --out and --err are the program's own; without any of them,
/// it is everything.
LogFilter filter_of(const LogsOptions& options);

/// "the output of 'Web' and 'Mail'", for messages.
std::string what_is_read(const LogsOptions& options);

}  // namespace hitch
