#include "runtime/control/params.h"

namespace hitch {

namespace {

Error wrong(std::string_view name, std::string_view expected) {
  return Error::because("the parameter " + in_quotes(name) + " has to be " + std::string(expected),
                        Kind::kUsage);
}

/// Programs take no NUL bytes.
bool is_plain(const json::value& value) {
  return value.is_string() && value.get_string().find('\0') == json::string::npos;
}

std::string text_of(const json::value& value) {
  return {value.get_string().data(), value.get_string().size()};
}

}  // namespace

Result<std::string> Params::text(std::string_view name) const {
  const auto* value = values_.if_contains(name);
  if (value == nullptr || !is_plain(*value)) return wrong(name, "a text");
  return text_of(*value);
}

Result<std::string> Params::text_or(std::string_view name, std::string_view otherwise) const {
  if (values_.if_contains(name) == nullptr) return std::string(otherwise);
  return text(name);
}

Result<std::vector<std::string>> Params::texts(std::string_view name) const {
  const auto* value = values_.if_contains(name);
  if (value == nullptr || !value->is_array()) return wrong(name, "a list of texts");
  std::vector<std::string> result;
  for (const auto& item : value->get_array()) {
    if (!is_plain(item)) return wrong(name, "a list of texts");
    result.push_back(text_of(item));
  }
  return result;
}

Result<std::vector<std::string>> Params::texts_or_none(std::string_view name) const {
  if (values_.if_contains(name) == nullptr) return std::vector<std::string>();
  return texts(name);
}

Result<std::vector<std::pair<std::string, std::string>>> Params::text_map(
    std::string_view name) const {
  std::vector<std::pair<std::string, std::string>> result;
  const auto* value = values_.if_contains(name);
  if (value == nullptr) return result;
  if (!value->is_object()) return wrong(name, "an object of texts");
  for (const auto& entry : value->get_object()) {
    if (!is_plain(entry.value())) return wrong(name, "an object of texts");
    result.emplace_back(entry.key(), text_of(entry.value()));
  }
  return result;
}

Result<int> Params::number(std::string_view name) const {
  const auto* value = values_.if_contains(name);
  if (value == nullptr || !value->is_int64() || value->get_int64() < INT32_MIN ||
      value->get_int64() > INT32_MAX) {
    return wrong(name, "a whole number");
  }
  return static_cast<int>(value->get_int64());
}

Result<int> Params::number_or(std::string_view name, int otherwise) const {
  if (values_.if_contains(name) == nullptr) return otherwise;
  return number(name);
}

Result<double> Params::real(std::string_view name) const {
  const auto* value = values_.if_contains(name);
  if (value == nullptr || !value->is_number()) return wrong(name, "a number");
  return value->to_number<double>();
}

Result<double> Params::real_or(std::string_view name, double otherwise) const {
  if (!has(name)) return otherwise;
  return real(name);
}

Result<bool> Params::flag(std::string_view name) const {
  const auto* value = values_.if_contains(name);
  if (value == nullptr) return false;
  if (!value->is_bool()) return wrong(name, "true or false");
  return value->get_bool();
}

}  // namespace hitch
