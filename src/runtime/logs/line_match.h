#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "runtime/base/result.h"
#include "runtime/logs/jq_filter.h"

namespace re2 {
class RE2;
}

namespace hitch {

/// Says of a line whether it is one that somebody waits for. Accepts any bytes. Belongs to one
/// thread.
class LineMatch {
 public:
  /// Lines that contain `text`.
  static LineMatch text(std::string text);
  /// Lines in which a regular expression is found anywhere: RE2 syntax, UTF-8, time linear in the
  /// length of the line.
  /// @return an Error of kind kUsage: "regular expression 'a(b': missing )"
  static Result<LineMatch> regex(std::string_view pattern);
  /// Lines that are JSON and for which a jq filter holds; see JqFilter.
  static Result<LineMatch> json(std::string_view filter);

  LineMatch(LineMatch&&) noexcept;
  LineMatch& operator=(LineMatch&&) noexcept;
  ~LineMatch();

  /// @param line  without its newline
  /// @return an Error from a jq filter alone; see JqFilter
  Result<bool> matches(std::string_view line);

 private:
  using Test = std::variant<std::string, std::unique_ptr<re2::RE2>, JqFilter>;
  explicit LineMatch(Test test);

  Test test_;
};

}  // namespace hitch
