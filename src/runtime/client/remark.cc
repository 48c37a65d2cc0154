#include "runtime/client/remark.h"

#include <algorithm>

#include "runtime/base/utf8.h"

namespace hitch {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
// A message has to fit into 1 MiB, and each byte may take six.
constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string fit_to_send(std::string_view text) {
  std::string fit;
  while (!text.empty()) {
    const auto length = text.front() == '\0' ? 0 : character_length(text);
    fit += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return fit;
}

std::vector<std::string> pieces_to_send(std::string_view text) {
  const std::string fit = fit_to_send(text);
  std::vector<std::string> pieces;
  std::size_t at = 0;
  while (fit.size() - at > kPieceBytes) {
    std::size_t end = at + kPieceBytes;
    while (continues_character(fit[end])) --end;
    pieces.push_back(fit.substr(at, end - at));
    at = end;
  }
  pieces.push_back(fit.substr(at));
  return pieces;
}

}  // namespace hitch
