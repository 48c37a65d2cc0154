// Whatever a service prints, and wherever it is cut, nothing reaches a terminal that it would obey,
// apart from colours.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "cli/safe_text.h"

namespace {

std::string safe(std::string_view bytes, std::size_t cut, hitch::ColorMode colors) {
  hitch::SafeText safe_text(colors);
  std::string out;
  safe_text.add(bytes.substr(0, cut), out);
  safe_text.add(bytes.substr(cut), out);
  (void)safe_text.finish(out);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  const auto whole = safe(input, 0, hitch::ColorMode::kNever);
  for (const char c : whole) {
    if ((c >= 0 && c < 0x20 && c != '\t') || c == 0x7f) std::abort();
  }
  const std::size_t cut = size == 0 ? 0 : data[0] % (size + 1);
  if (safe(input, cut, hitch::ColorMode::kNever) != whole) std::abort();
  if (safe(input, cut, hitch::ColorMode::kAlways) != safe(input, 0, hitch::ColorMode::kAlways)) {
    std::abort();
  }
  return 0;
}
