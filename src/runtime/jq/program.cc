#include "runtime/jq/program.h"

#include <algorithm>

namespace hitch {

namespace {

/// How many values of one line are looked at: a filter may make values without end.
constexpr int kValueLimit = 10'000;

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

/// The value of a text that is JSON; an invalid one if libjq thinks otherwise.
jv parse(std::string_view line) {
  jv_parser* parser = ::jv_parser_new(0);
  ::jv_parser_set_buf(parser, line.data(), static_cast<int>(line.size()), 0);
  const jv value = ::jv_parser_next(parser);
  ::jv_parser_free(parser);
  return value;
}

}  // namespace

JqProgram::~JqProgram() {
  if (state_ != nullptr) ::jq_teardown(&state_);
}

std::string JqProgram::compile(const std::string& filter) {
  if (state_ == nullptr) return "out of memory";
  ::jq_set_error_cb(state_, &JqProgram::keep_message, this);
  // jq 1.6 leaves these uninitialized; `input` and `debug` would call what happens to be there.
  ::jq_set_input_cb(state_, nullptr, nullptr);
  ::jq_set_debug_cb(state_, nullptr, nullptr);
  // Without these three, which the program jq sets, libjq aborts when it looks for modules.
  ::jq_set_attr(state_, ::jv_string("JQ_LIBRARY_PATH"), ::jv_array());
  ::jq_set_attr(state_, ::jv_string("JQ_ORIGIN"), ::jv_string("."));
  ::jq_set_attr(state_, ::jv_string("PROGRAM_ORIGIN"), ::jv_string("."));
  if (::jq_compile(state_, filter.c_str()) != 0) return {};
  return message_.empty() ? "cannot be compiled" : plain_message(message_);
}

void JqProgram::keep_message(void* self, jv message) {
  auto& program = *static_cast<JqProgram*>(self);
  if (program.message_.empty() && ::jv_get_kind(message) == JV_KIND_STRING) {
    program.message_ = ::jv_string_value(message);
  }
  ::jv_free(message);
}

/// The first value that is neither false nor null; an invalid one if there is none. To be freed.
jv JqProgram::first_value(std::string_view line) {
  const jv input = parse(line);
  if (::jv_get_kind(input) == JV_KIND_INVALID) return input;
  ::jq_start(state_, input, 0);
  for (int count = 0; count < kValueLimit; ++count) {
    const jv value = ::jq_next(state_);
    const auto kind = ::jv_get_kind(value);
    if (kind != JV_KIND_FALSE && kind != JV_KIND_NULL) return value;
    ::jv_free(value);
  }
  return ::jv_invalid();
}

bool JqProgram::matches(std::string_view line) {
  const jv value = first_value(line);
  const bool found = ::jv_get_kind(value) != JV_KIND_INVALID;
  ::jv_free(value);
  return found;
}

std::optional<std::string> JqProgram::first_match(std::string_view line) {
  const jv value = first_value(line);
  if (::jv_get_kind(value) == JV_KIND_INVALID) {
    ::jv_free(value);
    return std::nullopt;
  }
  const jv text = ::jv_dump_string(value, 0);  // takes `value`
  const auto size = static_cast<std::size_t>(::jv_string_length_bytes(::jv_copy(text)));
  std::string result(::jv_string_value(text), size);
  ::jv_free(text);
  return result;
}

}  // namespace hitch
