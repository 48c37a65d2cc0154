#include "runtime/logs/jq_filter.h"

#include <utility>

#include "runtime/base/installed.h"
#include "runtime/logs/json_text.h"

namespace hitch {

namespace {

/// The longest lines that readers get, 1 MiB, take some 50 ms. Whoever asks does nothing else
/// meanwhile: in the supervisor this is how long a signal to stop may have to wait.
constexpr Milliseconds kLineLimit{2000};
/// The program is loaded and compiles the library of jq; also from a slow disk.
constexpr Milliseconds kCompileLimit{20'000};

/// libjq is more liberal (`nan`, several values), and its parser leaks memory on some texts that
/// are not JSON. Nor should other lines cost the way to hitch-jq and back.
bool is_json_line(std::string_view line) {
  return line.size() <= kFrameLimitBytes && is_json_text(line);
}

/// Says of which filter an Error is. One that is late is the bundle's fault.
Error explain(Error error, const std::string& name, std::string_view what, Milliseconds limit) {
  if (error.kind() != Kind::kTimeout) return std::move(error).within(name);
  return Error::because(name + ": " + std::string(what) + " took longer than " +
                            std::to_string(limit.count() / 1000) + " seconds",
                        Kind::kUsage);
}

}  // namespace

Result<JqFilter> JqFilter::compile(std::string_view filter) {
  std::string name = "jq filter " + in_quotes(filter);
  if (filter.find('\0') != filter.npos) {
    return Error::because(name + ": it contains a NUL byte", Kind::kUsage);
  }
  auto process = JqProcess::start(installed_program("hitch-jq"));
  if (!process) return std::move(process).error().within(name);
  const auto answer = process->ask(FrameKind::kFilter, filter, Deadline::in(kCompileLimit));
  if (!answer) return explain(answer.error(), name, "compiling it", kCompileLimit);
  if (answer->kind != FrameKind::kCompiled) {
    return Error::because(name + ": " + answer->payload, Kind::kUsage);
  }
  return JqFilter(std::move(name), *std::move(process));
}

Result<Frame> JqFilter::ask(FrameKind kind, std::string_view line) {
  auto answer = process_.ask(kind, line, Deadline::in(kLineLimit));
  if (!answer) return explain(std::move(answer).error(), name_, "a line", kLineLimit);
  return answer;
}

Result<bool> JqFilter::matches(std::string_view line) {
  if (!is_json_line(line)) return false;
  HITCH_TRY(const auto answer, ask(FrameKind::kTestLine, line));
  return answer.kind == FrameKind::kMatch;
}

Result<std::optional<std::string>> JqFilter::first_match(std::string_view line) {
  if (!is_json_line(line)) return std::optional<std::string>();
  HITCH_TRY(auto answer, ask(FrameKind::kEvaluate, line));
  if (answer.kind != FrameKind::kMatch) return std::optional<std::string>();
  return std::optional(std::move(answer.payload));
}

}  // namespace hitch
