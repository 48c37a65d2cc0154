#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/logs/jq_process.h"

namespace hitch {

/// A compiled jq filter, for lines that may be JSON. It runs in a process of its own, hitch-jq, as
/// a filter is a program that need not end and libjq cannot be interrupted. Compiling takes some
/// 20 ms, a short line some 20 microseconds. Belongs to one thread.
class JqFilter {
 public:
  /// @return an Error of kind kUsage, "jq filter '.a |': syntax error, unexpected $end"; or one of
  ///         kind kEnvironment, if hitch-jq or libjq is missing
  static Result<JqFilter> compile(std::string_view filter);

  /// Whether the line is one JSON value and the filter makes of it at least one value that is
  /// neither false nor null. What the filter does not work on does not match. Any bytes are
  /// accepted.
  /// @return an Error of kind kUsage, "jq filter '[repeat(.)]': a line took longer than 2 seconds",
  ///         or of kind kEnvironment, if hitch-jq has ended. There is no more to come then.
  Result<bool> matches(std::string_view line);

  /// The first value of those that make the line match, as compact JSON.
  Result<std::optional<std::string>> first_match(std::string_view line);

 private:
  JqFilter(std::string name, JqProcess process)
      : name_(std::move(name)), process_(std::move(process)) {}
  Result<Frame> ask(FrameKind kind, std::string_view line);

  std::string name_;  ///< in messages
  JqProcess process_;
};

}  // namespace hitch
