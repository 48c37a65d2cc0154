#include "runtime/bundle/env_file.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/bundle/check_values.h"
#include "runtime/bundle/reader.h"

namespace hitch {

namespace {

class EnvFileReader {
 public:
  EnvFileReader(const std::string& name, std::string_view bytes, const std::string& path,
                Variables& variables, Diagnostics& out)
      : name_(name), rest_(bytes), path_(path), variables_(variables), out_(out) {}

  void read() {
    while (!rest_.empty()) {
      ++line_;
      const auto end = std::min(rest_.find('\n'), rest_.size());
      read_line(rest_.substr(0, end));
    }
  }

 private:
  void set(std::string name, std::string value);
  void error(std::string text) { out_.add({name_, line_, 1}, path_, std::move(text)); }
  void skip_line() { rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1); }
  static std::string_view trim(std::string_view text);
  void read_line(std::string_view line);
  /// Takes a value in quotes, and the lines it spans, from `rest_`.
  bool take_quoted(std::string& value);
  static std::string plain_value(std::string_view text);

  const std::string& name_;
  std::string_view rest_;
  const std::string& path_;
  VariableEditor variables_;
  Diagnostics& out_;
  int line_ = 0;
};

std::string_view EnvFileReader::trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Without quotes a value ends at a comment, which has a blank before it.
std::string EnvFileReader::plain_value(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool after_blank = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t';
    if (text[i] == '#' && after_blank) text = text.substr(0, i);
  }
  return std::string(trim(text));
}

void EnvFileReader::set(std::string name, std::string value) {
  const std::size_t bytes = name.size() + 1 + value.size();
  if (const auto why = why_too_long(bytes); !why.empty()) {
    error(in_quotes(name) + ' ' + why);
  } else {
    variables_.set(std::move(name), std::move(value));
  }
}

bool EnvFileReader::take_quoted(std::string& value) {
  const char quote = rest_.front();
  const int first_line = line_;
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    const char c = rest_[i];
    if (c == '\n') ++line_;
    if (c == quote) {
      rest_.remove_prefix(i + 1);
      return true;
    }
    if (c == '\\' && quote == '"' && i + 1 < rest_.size()) {
      const char next = rest_[++i];
      if (next == '\n') ++line_;
      if (next == 'n') value += '\n';
      if (next == 't') value += '\t';
      if (next == '"' || next == '\\' || next == '$') value += next;
      if (std::string_view("nt\"\\$").find(next) == std::string_view::npos) value += {c, next};
    } else {
      value += c;
    }
  }
  line_ = first_line;
  error("a quote that starts here is never closed");
  rest_ = {};
  return false;
}

void EnvFileReader::read_line(std::string_view line) {
  std::string_view text = trim(line);
  if (text.starts_with("export ") || text.starts_with("export\t")) text = trim(text.substr(6));
  if (text.empty() || text.starts_with('#')) return skip_line();
  const auto equals = text.find('=');
  const auto name = trim(text.substr(0, equals));
  if (equals == std::string_view::npos || !is_environment_name(name) ||
      name.find_first_of(" \t") != std::string_view::npos) {
    error("expected NAME=VALUE, found " + in_quotes(text));
    return skip_line();
  }
  const auto value = trim(text.substr(equals + 1));
  if (!value.starts_with('"') && !value.starts_with('\'')) {
    set(std::string(name), plain_value(text.substr(equals + 1)));
    return skip_line();
  }
  rest_.remove_prefix(static_cast<std::size_t>(value.data() - rest_.data()));
  std::string unquoted;
  if (!take_quoted(unquoted)) return;
  const auto after = trim(rest_.substr(0, rest_.find('\n')));
  if (!after.empty() && !after.starts_with('#')) error("text after the closing quote");
  set(std::string(name), std::move(unquoted));
  if (!rest_.empty()) skip_line();
}

}  // namespace

void read_env_file(const std::string& name, std::string_view bytes, const std::string& path,
                   Variables& variables, Diagnostics& out) {
  if (bytes.size() > kMaxFileBytes) {
    return out.add({name}, path, "the file is larger than 4 MiB, which no env file is");
  }
  if (bytes.find('\0') != std::string_view::npos) {
    return out.add({name}, path, "holds a NUL byte; this is not a text file");
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  EnvFileReader(name, bytes, path, variables, out).read();
}

}  // namespace hitch
