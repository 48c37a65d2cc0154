#include "runtime/base/error.h"

#include <array>
#include <cstring>
#include <utility>

namespace hitch {

namespace {

constexpr std::size_t kQuoteLimit = 200;

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (c == '\'' || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c == '\n') {
    out += "\\n";
  } else if (c < 0x20 || c == 0x7f) {
    out += "\\x";
    out += kHex[c >> 4];
    out += kHex[c & 0xf];
  } else {
    out += static_cast<char>(c);
  }
}

}  // namespace

std::string errno_text(int err) {
  std::array<char, 128> buffer{};
  return ::strerror_r(err, buffer.data(), buffer.size());  // the GNU form returns the text
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kQuoteLimit))
    append_escaped(out, static_cast<unsigned char>(c));
  if (text.size() > kQuoteLimit) out += "...";
  return out += '\'';
}

Error::Error(std::string message, Kind kind, int err)
    : message_(std::move(message)), kind_(kind), err_(err) {}

Error Error::from_errno(int err, std::string_view action, std::string_view subject) {
  std::string message(action);
  if (!subject.empty()) message += ' ' + in_quotes(subject);
  message += ": " + errno_text(err);
  return {std::move(message), Kind::kEnvironment, err};
}

Error Error::because(std::string text, Kind kind) {
  return {std::move(text), kind, 0};
}

Error Error::within(std::string_view phrase) && {
  message_.insert(0, std::string(phrase) + ": ");
  return std::move(*this);
}

Error Error::with_kind(Kind kind) && {
  kind_ = kind;
  return std::move(*this);
}

Error Error::with_hint(std::string hint) && {
  if (hint_.empty()) hint_ = std::move(hint);
  return std::move(*this);
}

}  // namespace hitch
