#include "runtime/bundle/emit.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace hitch {

namespace {

void append_escape(std::string& out, unsigned code) {
  std::array<char, 8> text{};
  (void)std::snprintf(text.data(), text.size(), "\\u%04x", code);
  out += text.data();
}

/// Text in double quotes, with the escapes that JSON and YAML agree on.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // YAML takes these for line breaks, and a byte-order mark for none of the text.
    if (text.substr(i).starts_with("\xC2\x85")) {
      append_escape(out, 0x85), i += 1;
    } else if (text.substr(i).starts_with("\xE2\x80\xA8")) {
      append_escape(out, 0x2028), i += 2;
    } else if (text.substr(i).starts_with("\xE2\x80\xA9")) {
      append_escape(out, 0x2029), i += 2;
    } else if (text.substr(i).starts_with("\xEF\xBB\xBF")) {
      append_escape(out, 0xFEFF), i += 2;
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      append_escape(out, static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Whether text begins and ends like nothing that YAML, of whichever version, takes for a number.
bool is_no_number(std::string_view text) {
  constexpr std::string_view kUnits = "smh";  // of durations; not one of them is a hex digit
  if (is_letter(text.front()) || text.front() == '/' || text.front() == '_') return true;
  if (is_digit(text.front())) return kUnits.find(text.back()) != std::string_view::npos;
  const auto dashes = text.find_first_not_of('-');  // "-c", "--long"
  return (dashes == 1 || dashes == 2) && is_letter(text[dashes]);
}

/// Whether text can go without quotes.
bool is_plain(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords{"null", "true", "false", "yes", "no",
                                                   "on",   "off",  "y",     "n"};
  const auto is_harmless = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '/';
  };
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_harmless)) return false;
  if (!is_no_number(text)) return false;
  return std::none_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return std::equal(word.begin(), word.end(), text.begin(), text.end(),
                      [](char a, char b) { return a == (b | 0x20); });
  });
}

std::string yaml_scalar(const Node& node) {
  if (node.kind == NodeKind::kNull) return "null";
  return !node.quoted || is_plain(node.text) ? node.text : quote(node.text);
}

std::string yaml_key(std::string_view key) {
  return is_plain(key) ? std::string(key) : quote(key);
}

bool is_leaf(const Node& node) {
  return !node.is_mapping() && (!node.is_sequence() || node.items.empty());
}

bool is_flow(const Node& node) {
  return node.is_sequence() && std::all_of(node.items.begin(), node.items.end(), is_leaf);
}

std::string flow(const Node& node) {
  if (!node.is_sequence()) return yaml_scalar(node);
  std::string out = "[";
  for (const Node& item : node.items) {
    if (out.size() > 1) out += ", ";
    out += flow(item);
  }
  out += ']';
  return out;
}

void emit_block(const Node& node, std::size_t indent, std::string& out);

/// What comes after "key:" or "-".
void emit_value(const Node& node, std::size_t indent, std::string& out) {
  if (node.is_mapping() && node.entries.empty()) {
    out += " {}\n";
  } else if (is_flow(node) || is_leaf(node)) {
    out.append(" ").append(flow(node)).append("\n");
  } else {
    out += '\n';
    emit_block(node, indent + 2, out);
  }
}

void emit_block(const Node& node, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  for (const Node& item : node.items) {
    const std::size_t start = out.size();
    if (item.is_mapping() && !item.entries.empty()) {
      emit_block(item, indent + 2, out);
      out[start + indent] = '-';  // its first key goes on the line of the dash
    } else {
      out.append(margin).append("-");
      emit_value(item, indent, out);
    }
  }
  for (const Entry& entry : node.entries) {
    out.append(margin).append(yaml_key(entry.key)).append(":");
    emit_value(entry.value, indent, out);
  }
}

void append_json(const Node& node, std::string& out) {
  if (node.is_mapping()) {
    const char* before = "{";
    for (const Entry& entry : node.entries) {
      out.append(before).append(quote(entry.key)).append(":");
      append_json(entry.value, out);
      before = ",";
    }
    out += node.entries.empty() ? "{}" : "}";
  } else if (node.is_sequence()) {
    const char* before = "[";
    for (const Node& item : node.items) {
      out += before;
      append_json(item, out);
      before = ",";
    }
    out += node.items.empty() ? "[]" : "]";
  } else if (node.is_scalar()) {
    out += node.quoted ? quote(node.text) : node.text;
  } else {
    out += "null";
  }
}

}  // namespace

std::string emit_yaml(const Node& node) {
  std::string out;
  if (is_leaf(node) || is_flow(node)) return flow(node).append("\n");
  if (node.is_mapping() && node.entries.empty()) return "{}\n";
  emit_block(node, 0, out);
  return out;
}

std::string emit_json(const Node& node) {
  std::string out;
  append_json(node, out);
  return out;
}

}  // namespace hitch
