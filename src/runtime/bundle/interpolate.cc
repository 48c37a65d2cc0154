#include "runtime/bundle/interpolate.h"

#include <algorithm>
#include <utility>

#include "runtime/base/error.h"

namespace hitch {

namespace {

constexpr std::string_view kForms =
    "the forms are ${VAR}, ${VAR:-default} and ${VAR:?error}; '$$' stands for one '$'";

bool is_variable_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && !is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

/// Expands one "VAR:-default", what is between the braces.
/// @return the text, or nothing after an error
std::optional<std::string> expand(std::string_view inside, const Field& field, const Scope& scope) {
  const auto colon = inside.find(':');
  const std::string_view name = inside.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? "" : inside.substr(colon);
  const bool has_default = rest.starts_with(":-"), has_message = rest.starts_with(":?");
  if (!is_variable_name(name) || (!rest.empty() && !has_default && !has_message) ||
      inside.find("${") != std::string_view::npos) {
    field.error("cannot expand " + in_quotes("${" + std::string(inside) + "}") + ": " +
                std::string(kForms));
    return std::nullopt;
  }
  auto value = scope.find(name);
  if (has_default && (!value || value->empty())) return std::string(rest.substr(2));
  if (has_message && (!value || value->empty())) {
    const std::string_view message = rest.substr(2);
    const std::string why = value ? in_quotes(name) + " is empty" : scope.why_not(name);
    field.error(message.empty() ? why : why + ": " + std::string(message), scope.blame());
    return std::nullopt;
  }
  if (!value) field.error(scope.why_not(name), scope.blame());
  return value;
}

void interpolate_scalar(Node& node, const Field& field, const Scope& scope) {
  if (node.text.find('$') == std::string::npos) return;
  std::string done;
  std::string_view rest = node.text;
  while (!rest.empty()) {
    const auto dollar = rest.find('$');
    done += rest.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    rest.remove_prefix(dollar + 1);
    if (rest.starts_with('$')) {
      done += '$';
      rest.remove_prefix(1);
    } else if (rest.starts_with('{')) {
      const auto end = rest.find('}');
      if (end == std::string_view::npos) {
        field.error("a '${' without its '}': " + std::string(kForms));
        node.unusable = true;
        return;
      }
      const auto value = expand(rest.substr(1, end - 1), field, scope);
      node.unusable = node.unusable || !value;
      done += value.value_or("");
      node.quoted = false;  // "${PORT}" may be meant as a number
      rest.remove_prefix(end + 1);
    } else {
      done += '$';
    }
  }
  node.text = std::move(done);
}

void interpolate_field(Node& node, const Field& field, const Scope& scope) {
  if (node.is_scalar()) interpolate_scalar(node, field, scope);
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    interpolate_field(node.items[i], field.item(i), scope);
    // Half a command line is of no use, and complaining about its words would only repeat this.
    node.unusable = node.unusable || (node.items[i].is_scalar() && node.items[i].unusable);
  }
  for (Entry& entry : node.entries) interpolate_field(entry.value, field.entry(entry), scope);
}

}  // namespace

std::optional<std::string> Scope::find(std::string_view name) const {
  for (const auto& [known, value] : own_) {
    if (known == name) return value;
  }
  return outer_ ? outer_(name) : std::nullopt;
}

std::string Scope::why_not(std::string_view name) const {
  const std::string word(what_);
  if (what_ == "variable") {
    return "the variable " + in_quotes(name) + " is not set";
  }
  auto candidates = names_;
  for (const auto& [known, value] : own_) candidates.push_back(known);
  return "unknown " + word + ' ' + in_quotes(name) + did_you_mean(name, candidates);
}

void interpolate(Node& node, const KeyPath& path, const Scope& scope, Diagnostics& out) {
  interpolate_field(node, Field{&node, path, &out}, scope);
}

std::string escape_dollars(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped.append(c == '$' ? 2 : 1, c);
  return escaped;
}

}  // namespace hitch
