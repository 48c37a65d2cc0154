#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/control/json.h"

namespace hitch {

/// The parameters of a call. What is missing or of a wrong type is an Error of kind kUsage that
/// names it.
class Params {
 public:
  explicit Params(json::object values) : values_(std::move(values)) {}

  Result<std::string> text(std::string_view name) const;
  Result<std::string> text_or(std::string_view name, std::string_view otherwise) const;
  Result<std::vector<std::string>> texts(std::string_view name) const;
  /// Empty if it is not there.
  Result<std::vector<std::string>> texts_or_none(std::string_view name) const;
  /// An object of texts; empty if it is not there.
  Result<std::vector<std::pair<std::string, std::string>>> text_map(std::string_view name) const;
  Result<int> number(std::string_view name) const;
  Result<int> number_or(std::string_view name, int otherwise) const;
  /// Whole or not.
  Result<double> real(std::string_view name) const;
  Result<double> real_or(std::string_view name, double otherwise) const;
  bool has(std::string_view name) const { return values_.if_contains(name) != nullptr; }
  Result<bool> flag(std::string_view name) const;

 private:
  json::object values_;
};

}  // namespace hitch
