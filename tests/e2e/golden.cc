#include "e2e/golden.h"

#include <regex>

namespace hitch::testing {

std::string normalised(std::string text, const std::string& root) {
  for (auto at = text.find(root); at != text.npos; at = text.find(root, at)) {
    text.replace(at, root.size(), "<root>");
  }
  std::string plain;
  for (const char c : text) {
    if (c != '\r') plain += c;
  }
  const std::pair<const char*, const char*> rules[] = {
      {R"(\d+\.\d+ seconds)", "<seconds>"},
      {R"(\b\d+(\.\d+)? ?ms\b)", "<time>"},
      {R"(\b\d+\.\d+ ?s\b)", "<time>"},
      {R"(\bpid \d+)", "pid <pid>"},
  };
  for (const auto& [pattern, word] : rules)
    plain = std::regex_replace(plain, std::regex(pattern), word);
  return plain;
}

}  // namespace hitch::testing
