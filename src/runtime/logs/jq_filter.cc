#include "runtime/logs/jq_filter.h"

#include <algorithm>
#include <utility>

#include "runtime/logs/jq_library.h"
#include "runtime/logs/json_text.h"

namespace hitch {

namespace {

/// How many values of one line are looked at: a filter may make values without end.
constexpr int kValueLimit = 10'000;
/// libjq counts in int.
constexpr std::size_t kLineLimitBytes = std::size_t{1} << 30;

/// libjq is more liberal (`nan`, several values), and its parser leaks memory on some texts that
/// are not JSON: it gets none of them.
bool is_json_line(std::string_view line) {
  return line.size() <= kLineLimitBytes && is_json_text(line);
}

/// What libjq says of a bad filter: "jq: error: WHAT at <top-level>, line 2:" and the filter.
std::string plain_message(std::string_view said) {
  constexpr std::string_view kPrefix = "jq: error: ";
  if (said.starts_with(kPrefix)) said.remove_prefix(kPrefix.size());
  const auto place = said.find(" at <top-level>, line ");
  std::string text(said.substr(0, std::min(place, said.find('\n'))));
  constexpr std::string_view kGuess = " (Unix shell quoting issues?)";
  if (const auto guess = text.find(kGuess); guess != text.npos) text.erase(guess, kGuess.size());
  return text;
}

}  // namespace

/// Owns a jq_state. Callbacks refer to it, so it stays where it is.
class JqFilter::Program {
 public:
  explicit Program(const JqLibrary* library) : jq_(*library), state_(jq_.init()) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (state_ != nullptr) jq_.teardown(&state_);
  }

  /// @return what is wrong with the filter; empty: nothing
  std::string compile(const std::string& filter);
  /// The first value that is neither false nor null; an invalid one if there is none. To be freed.
  jv first_match(std::string_view line);
  const JqLibrary& library() const { return jq_; }

 private:
  static void keep_message(void* self, jv message);
  jv parse(std::string_view line);

  const JqLibrary& jq_;
  jq_state* state_;
  std::string message_;  ///< the first that came
};

std::string JqFilter::Program::compile(const std::string& filter) {
  if (state_ == nullptr) return "out of memory";
  jq_.set_error_cb(state_, &Program::keep_message, this);
  // jq 1.6 leaves these uninitialized; `input` and `debug` would call what happens to be there.
  jq_.set_input_cb(state_, nullptr, nullptr);
  jq_.set_debug_cb(state_, nullptr, nullptr);
  // Without these three, which the program jq sets, libjq aborts when it looks for modules.
  jq_.set_attr(state_, jq_.string("JQ_LIBRARY_PATH"), jq_.array());
  jq_.set_attr(state_, jq_.string("JQ_ORIGIN"), jq_.string("."));
  jq_.set_attr(state_, jq_.string("PROGRAM_ORIGIN"), jq_.string("."));
  if (jq_.compile(state_, filter.c_str()) != 0) return {};
  return message_.empty() ? "cannot be compiled" : plain_message(message_);
}

void JqFilter::Program::keep_message(void* self, jv message) {
  auto& program = *static_cast<Program*>(self);
  const auto& jq = program.jq_;
  if (program.message_.empty() && jq.get_kind(message) == JV_KIND_STRING) {
    program.message_ = jq.string_value(message);
  }
  jq.free(message);
}

/// The value of a text that is JSON; an invalid one if libjq thinks otherwise.
jv JqFilter::Program::parse(std::string_view line) {
  jv_parser* parser = jq_.parser_new(0);
  jq_.parser_set_buf(parser, line.data(), static_cast<int>(line.size()), 0);
  const jv value = jq_.parser_next(parser);
  jq_.parser_free(parser);
  return value;
}

jv JqFilter::Program::first_match(std::string_view line) {
  const jv input = parse(line);
  if (jq_.get_kind(input) == JV_KIND_INVALID) return input;
  jq_.start(state_, input, 0);
  for (int count = 0; count < kValueLimit; ++count) {
    const jv value = jq_.next(state_);
    const auto kind = jq_.get_kind(value);
    if (kind != JV_KIND_FALSE && kind != JV_KIND_NULL) return value;
    jq_.free(value);
  }
  return jq_.invalid();
}

JqFilter::JqFilter(std::unique_ptr<Program> program) : program_(std::move(program)) {}
JqFilter::JqFilter(JqFilter&&) noexcept = default;
JqFilter& JqFilter::operator=(JqFilter&&) noexcept = default;
JqFilter::~JqFilter() = default;

Result<JqFilter> JqFilter::compile(std::string_view filter) {
  HITCH_TRY(const auto* library, JqLibrary::get());
  auto program = std::make_unique<Program>(library);
  const std::string wrong = filter.find('\0') == filter.npos ? program->compile(std::string(filter))
                                                             : "it contains a NUL byte";
  if (!wrong.empty()) {
    return Error::because("jq filter " + in_quotes(filter) + ": " + wrong, Kind::kUsage);
  }
  return JqFilter(std::move(program));
}

bool JqFilter::matches(std::string_view line) {
  if (!is_json_line(line)) return false;
  const auto& jq = program_->library();
  const jv value = program_->first_match(line);
  const bool found = jq.get_kind(value) != JV_KIND_INVALID;
  jq.free(value);
  return found;
}

std::optional<std::string> JqFilter::first_match(std::string_view line) {
  if (!is_json_line(line)) return std::nullopt;
  const auto& jq = program_->library();
  const jv value = program_->first_match(line);
  if (jq.get_kind(value) == JV_KIND_INVALID) {
    jq.free(value);
    return std::nullopt;
  }
  const jv text = jq.dump_string(value, 0);  // takes `value`
  const auto size = static_cast<std::size_t>(jq.string_length_bytes(jq.copy(text)));
  std::string result(jq.string_value(text), size);
  jq.free(text);
  return result;
}

}  // namespace hitch
