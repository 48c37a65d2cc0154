#include "runtime/logs/line_match.h"

#include <re2/re2.h>

#include <utility>

namespace hitch {

namespace {

Error bad_regex(std::string_view pattern, const re2::RE2& compiled) {
  // RE2 writes what is wrong, ": " and the part of the pattern that it is about, as it is.
  std::string_view what = compiled.error();
  const std::string& part = compiled.error_arg();
  if (!part.empty() && what.ends_with(part)) what.remove_suffix(part.size());
  if (what.ends_with(": ")) what.remove_suffix(2);
  std::string text = "regular expression " + in_quotes(pattern) + ": " + std::string(what);
  if (!part.empty() && part != pattern) text += ": " + in_quotes(part);
  return Error::because(std::move(text), Kind::kUsage);
}

}  // namespace

LineMatch::LineMatch(Test test) : test_(std::move(test)) {}
LineMatch::LineMatch(LineMatch&&) noexcept = default;
LineMatch& LineMatch::operator=(LineMatch&&) noexcept = default;
LineMatch::~LineMatch() = default;

LineMatch LineMatch::text(std::string text) {
  return LineMatch(Test(std::move(text)));
}

Result<LineMatch> LineMatch::regex(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  const re2::StringPiece piece(pattern.data(), pattern.size());
  auto compiled = std::make_unique<re2::RE2>(piece, options);
  if (!compiled->ok()) return bad_regex(pattern, *compiled);
  return LineMatch(Test(std::move(compiled)));
}

Result<LineMatch> LineMatch::json(std::string_view filter) {
  HITCH_TRY(auto compiled, JqFilter::compile(filter));
  return LineMatch(Test(std::move(compiled)));
}

Result<bool> LineMatch::matches(std::string_view line) {
  if (const auto* text = std::get_if<std::string>(&test_)) return line.find(*text) != line.npos;
  if (auto* filter = std::get_if<JqFilter>(&test_)) return filter->matches(line);
  const auto& regex = *std::get<std::unique_ptr<re2::RE2>>(test_);
  return re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), regex);
}

}  // namespace hitch
