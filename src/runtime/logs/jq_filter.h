#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace hitch {

/// A compiled jq filter, for lines that may be JSON. Runs in libjq, which is loaded by the first
/// one. Compiling takes some 20 ms, a short line a few microseconds. Belongs to one thread.
///
/// Any bytes are accepted as a line. A filter is a program, though, and libjq cannot be
/// interrupted: one that goes on for ever without a value, such as `[repeat(.)]`, does so here.
class JqFilter {
 public:
  /// @return an Error of kind kUsage, "jq filter '.a |': syntax error, unexpected $end"; or one of
  ///         kind kEnvironment, if libjq is missing
  static Result<JqFilter> compile(std::string_view filter);

  JqFilter(JqFilter&&) noexcept;
  JqFilter& operator=(JqFilter&&) noexcept;
  ~JqFilter();

  /// Whether the line is one JSON value and the filter makes of it at least one value that is
  /// neither false nor null. What the filter does not work on does not match.
  bool matches(std::string_view line);

  /// The first value of those that make the line match, as compact JSON.
  std::optional<std::string> first_match(std::string_view line);

 private:
  class Program;
  explicit JqFilter(std::unique_ptr<Program> program);

  std::unique_ptr<Program> program_;
};

}  // namespace hitch
