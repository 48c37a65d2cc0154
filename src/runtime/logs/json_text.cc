#include "runtime/logs/json_text.h"

#include <cstddef>

namespace hitch {

namespace {

constexpr int kDepthLimit = 256;

/// Goes over a text, rule by rule of the grammar. Each function takes what it is named after from
/// the front and says whether it was there.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) noexcept : rest_(text) {}

  bool text() noexcept {
    if (!value(0)) return false;
    blanks();
    return rest_.empty();
  }

 private:
  bool value(int depth) noexcept {
    blanks();
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '{':
        return depth < kDepthLimit && object(depth);
      case '[':
        return depth < kDepthLimit && array(depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool object(int depth) noexcept {
    if (!word("{")) return false;
    blanks();
    if (word("}")) return true;
    do {
      blanks();
      if (!string()) return false;
      blanks();
      if (!word(":") || !value(depth + 1)) return false;
      blanks();
    } while (word(","));
    return word("}");
  }

  bool array(int depth) noexcept {
    if (!word("[")) return false;
    blanks();
    if (word("]")) return true;
    do {
      if (!value(depth + 1)) return false;
      blanks();
    } while (word(","));
    return word("]");
  }

  bool string() noexcept {
    if (!word("\"")) return false;
    for (;;) {
      rest_.remove_prefix(plain_length());
      if (rest_.empty()) return false;
      if (rest_.front() != '\\') return word("\"");  // or a control character
      if (!escape()) return false;
    }
  }

  /// How many bytes of a string come before its end, an escape, or what it may not hold.
  std::size_t plain_length() const noexcept {
    std::size_t i = 0;
    while (i < rest_.size() && rest_[i] != '"' && rest_[i] != '\\' &&
           static_cast<unsigned char>(rest_[i]) >= 0x20) {
      ++i;
    }
    return i;
  }

  bool escape() noexcept {
    rest_.remove_prefix(1);  // the backslash
    if (word("u")) return hex_digits(4);
    return one_of("\"\\/bfnrt");
  }

  bool hex_digits(int count) noexcept {
    for (; count > 0; --count) {
      if (!one_of("0123456789abcdefABCDEF")) return false;
    }
    return true;
  }

  bool number() noexcept {
    (void)word("-");  // may be there
    if (!word("0") && !digits()) return false;
    if (word(".") && !digits()) return false;
    if (!one_of("eE")) return true;
    (void)one_of("+-");  // may be there
    return digits();
  }

  bool digits() noexcept {
    const std::size_t count = rest_.find_first_not_of("0123456789");
    if (count == 0 || rest_.empty()) return false;
    rest_.remove_prefix(count == rest_.npos ? rest_.size() : count);
    return true;
  }

  void blanks() noexcept {
    if (!rest_.empty() && rest_.front() > ' ') return;  // nearly always
    const std::size_t count = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(count == rest_.npos ? rest_.size() : count);
  }

  bool one_of(std::string_view letters) noexcept {
    if (rest_.empty() || letters.find(rest_.front()) == letters.npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool word(std::string_view expected) noexcept {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool is_json_text(std::string_view text) noexcept {
  return JsonScanner(text).text();
}

}  // namespace hitch
