#pragma once

extern "C" {
#include <jq.h>
}

#include <optional>
#include <string>
#include <string_view>

namespace hitch {

/// One filter in libjq. Cannot be interrupted, leaks on some input and may end the process: so
/// hitch-jq is a process of its own. https://github.com/jqlang/jq/wiki/C-API:-libjq
class JqProgram {
 public:
  JqProgram() : state_(::jq_init()) {}
  JqProgram(const JqProgram&) = delete;  // callbacks refer to it
  JqProgram& operator=(const JqProgram&) = delete;
  ~JqProgram();

  /// Once, before all else.
  /// @return what is wrong with the filter; empty: nothing
  std::string compile(const std::string& filter);

  /// Whether the filter makes of the line at least one value that is neither false nor null.
  /// @param line  a text that is JSON: on some that are not libjq's parser leaks
  bool matches(std::string_view line);
  /// The first of those values, as compact JSON.
  std::optional<std::string> first_match(std::string_view line);

 private:
  static void keep_message(void* self, jv message);
  jv first_value(std::string_view line);

  jq_state* state_;
  std::string message_;  ///< the first that came
};

}  // namespace hitch
