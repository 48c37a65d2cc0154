#include "runtime/client/start_failure.h"

#include <array>
#include <utility>

#include "runtime/base/exit_code.h"
#include "runtime/client/hitch/errors.h"

namespace hitch {

namespace {

// What hitch says of a service that is late, and what that means here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kWordsOfGates{{
    {"waited for a client to open its gate 'ready'",
     "waited for a line that log_line_ready_checker takes"},
    {"waited for a client to open its gate 'setup'", "was in its setup()"},
    {"waited for a client to open its gate 'poststart'", "was in its poststart()"},
}};

std::string in_our_words(std::string text) {
  for (const auto& [words, meaning] : kWordsOfGates) {
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at)) {
      text.replace(at, words.size(), meaning);
      at += meaning.size();
    }
  }
  return text;
}

/// All of it, once.
std::string text_of(const StartFailure& failure) {
  if (failure.said.find(failure.answer) != std::string::npos) return failure.said;
  return failure.said.empty() ? failure.answer : failure.answer + "\n" + failure.said;
}

/// "service 'Db' died", "task 'Migrate' failed": hitch's words for what ended unasked.
bool tells_of_a_death(std::string_view text) {
  for (const std::string_view what : {"service '", "task '"}) {
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
      const auto end = text.find('\'', at + what.size());
      if (end == std::string_view::npos) continue;
      const auto rest = text.substr(end + 1);
      if (rest.starts_with(" died") || rest.starts_with(" failed")) return true;
    }
  }
  return false;
}

}  // namespace

void throw_start_failure(const StartFailure& failure) {
  auto text = in_our_words(text_of(failure));
  if (text.empty()) text = "hitch ended with " + std::to_string(failure.exit_code);
  if (failure.exit_code == exit_code_of(Kind::kUsage)) throw client::BundleMisconfiguration(text);
  if (failure.exit_code == exit_code_of(Kind::kTimeout) || failure.kind == Kind::kTimeout) {
    throw client::StartupTimeout(text);
  }
  if (tells_of_a_death(text)) throw client::ServiceDied(text);
  if (failure.exit_code == 0 && failure.said.empty()) {
    text += ": there is no service in it that goes on running, or somebody has stopped it";
  }
  throw client::Error(text);
}

}  // namespace hitch
