#include <cstdint>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/reader.h"

namespace hitch {

namespace {

/// A strict reader of RFC 8259 text. yaml-cpp cannot stand in for one: it refuses tabs and the
/// surrogate pairs of \u escapes, and takes much that JSON does not have.
class JsonReader {
 public:
  JsonReader(const std::string& name, std::string_view bytes, Diagnostics& out)
      : name_(name), bytes_(bytes), out_(out) {}

  std::optional<Node> read() {
    Node root;
    skip_blanks();
    if (!value(root, 0)) return std::nullopt;
    skip_blanks();
    if (at_ != bytes_.size()) return fail("nothing may follow the document"), std::nullopt;
    return root;
  }

 private:
  bool fail(const std::string& text) {
    out_.add(here(), {}, "not valid JSON: " + text);
    return false;
  }
  SourceMark here() const;
  char peek() const noexcept { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }
  bool take(char c) noexcept { return peek() == c && at_ < bytes_.size() ? (++at_, true) : false; }
  void skip_blanks() noexcept;
  void skip_digits() noexcept;

  bool value(Node& node, int depth);
  bool object(Node& node, int depth);
  bool member(Node& node, int depth);
  bool array(Node& node, int depth);
  bool number(Node& node);
  bool word(Node& node);
  bool string(std::string& text);
  bool escape(std::string& text);
  std::optional<std::uint32_t> hex4();
  bool unicode_escape(std::string& text);

  const std::string& name_;
  std::string_view bytes_;
  Diagnostics& out_;
  std::size_t at_ = 0, line_start_ = 0, nodes_ = 0;
  int line_ = 1;
};

SourceMark JsonReader::here() const {
  constexpr std::size_t kLongLine = 10'000;  // beyond that a column in bytes will do
  if (at_ - line_start_ > kLongLine) return {name_, line_, static_cast<int>(at_ - line_start_) + 1};
  const int column = mark_at(name_, bytes_.substr(line_start_), at_ - line_start_).column;
  return {name_, line_, column};
}

void JsonReader::skip_blanks() noexcept {
  for (; at_ < bytes_.size(); ++at_) {
    const char c = bytes_[at_];
    if (c == '\n') {
      ++line_;
      line_start_ = at_ + 1;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return;
    }
  }
}

bool JsonReader::value(Node& node, int depth) {
  node.mark = here();
  if (depth > kMaxDepth) return fail("nested more than 50 levels deep: refused");
  if (++nodes_ > kMaxNodes) return fail("more than 100000 values: refused");
  switch (peek()) {
    case '{':
      return object(node, depth);
    case '[':
      return array(node, depth);
    case '"':
      node.kind = NodeKind::kScalar;
      node.quoted = true;
      return string(node.text);
    default:
      return peek() == '-' || (peek() >= '0' && peek() <= '9') ? number(node) : word(node);
  }
}

bool JsonReader::object(Node& node, int depth) {
  node.kind = NodeKind::kMapping;
  ++at_;
  skip_blanks();
  if (take('}')) return true;
  do {
    skip_blanks();
    if (!member(node, depth)) return false;
    skip_blanks();
  } while (take(','));
  return take('}') || fail("expected ',' or '}'");
}

bool JsonReader::member(Node& node, int depth) {
  Entry entry;
  entry.mark = here();
  if (peek() != '"') return fail("expected a key in double quotes");
  if (!string(entry.key)) return false;
  skip_blanks();
  if (!take(':')) return fail("expected ':' after the key");
  skip_blanks();
  if (!value(entry.value, depth + 1)) return false;
  if (const Entry* earlier = node.find(entry.key)) {
    out_.add(entry.mark, {},
             "duplicate key " + in_quotes(entry.key) + "; it is also on line " +
                 std::to_string(earlier->mark.line));
  } else {
    node.entries.push_back(std::move(entry));
  }
  return true;
}

bool JsonReader::array(Node& node, int depth) {
  node.kind = NodeKind::kSequence;
  ++at_;
  skip_blanks();
  if (take(']')) return true;
  do {
    skip_blanks();
    if (!value(node.items.emplace_back(), depth + 1)) return false;
    skip_blanks();
  } while (take(','));
  return take(']') || fail("expected ',' or ']'");
}

void JsonReader::skip_digits() noexcept {
  while (peek() >= '0' && peek() <= '9') ++at_;
}

bool JsonReader::number(Node& node) {
  const std::size_t start = at_;
  const auto digits = [this] {
    const std::size_t before = at_;
    skip_digits();
    return at_ > before;
  };
  (void)take('-');
  if (!take('0') && !digits()) return fail("expected a digit");
  if (take('.') && !digits()) return fail("expected a digit after '.'");
  if (take('e') || take('E')) {
    if (!take('+')) (void)take('-');
    if (!digits()) return fail("expected a digit in the exponent");
  }
  node.kind = NodeKind::kScalar;
  node.text = std::string(bytes_.substr(start, at_ - start));
  return true;
}

bool JsonReader::word(Node& node) {
  for (const std::string_view known : {"true", "false", "null"}) {
    if (!bytes_.substr(at_).starts_with(known)) continue;
    at_ += known.size();
    node.kind = known == "null" ? NodeKind::kNull : NodeKind::kScalar;
    if (known != "null") node.text = std::string(known);
    return true;
  }
  return fail(at_ == bytes_.size() ? "the document ends too early" : "expected a value");
}

bool JsonReader::string(std::string& text) {
  for (++at_; at_ < bytes_.size();) {
    const char c = bytes_[at_];
    if (c == '"') return ++at_, true;
    if (static_cast<unsigned char>(c) < 0x20) return fail("a line break or tab inside of a string");
    ++at_;
    if (c != '\\') {
      text += c;
    } else if (!escape(text)) {
      return false;
    }
  }
  return fail("a string is never closed");
}

bool JsonReader::escape(std::string& text) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (take('u')) return unicode_escape(text);
  const auto known = at_ < bytes_.size() ? kNames.find(peek()) : std::string_view::npos;
  if (known == std::string_view::npos) return fail("unknown escape in a string");
  text += kMeanings[known];
  ++at_;
  return true;
}

std::optional<std::uint32_t> JsonReader::hex4() {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const char c = peek();
    const auto digit = kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (digit == std::string_view::npos) return fail("expected four hex digits"), std::nullopt;
    code = code * 16 + static_cast<std::uint32_t>(digit);
  }
  return code;
}

bool JsonReader::unicode_escape(std::string& text) {
  auto code = hex4();
  if (!code) return false;
  if (*code == 0) return fail("text cannot hold a NUL character");
  if (*code >= 0xD800 && *code <= 0xDBFF && bytes_.substr(at_).starts_with("\\u")) {
    at_ += 2;
    const auto low = hex4();
    if (!low) return false;
    if (*low < 0xDC00 || *low > 0xDFFF) return fail("half of a surrogate pair");
    code = 0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00);
  }
  if (*code >= 0xD800 && *code <= 0xDFFF) return fail("half of a surrogate pair");
  append_utf8(text, *code);
  return true;
}

}  // namespace

std::optional<Node> read_json(const std::string& name, std::string_view bytes, Diagnostics& out) {
  return JsonReader(name, bytes, out).read();
}

}  // namespace hitch
