#include "runtime/bundle/variables.h"

#include <utility>

namespace hitch {

VariableEditor::VariableEditor(Variables& variables) : variables_(variables) {
  find_places();
}

void VariableEditor::find_places() {
  places_.clear();
  for (std::size_t i = 0; i < variables_.size(); ++i) places_.emplace(variables_[i].first, i);
}

void VariableEditor::set(std::string name, std::string value) {
  const auto [place, is_new] = places_.emplace(name, variables_.size());
  if (is_new) {
    variables_.emplace_back(std::move(name), std::move(value));
  } else {
    variables_[place->second].second = std::move(value);
  }
}

void VariableEditor::erase(const std::string& name) {
  const auto place = places_.find(name);
  if (place == places_.end()) return;
  variables_.erase(variables_.begin() + static_cast<std::ptrdiff_t>(place->second));
  find_places();
}

bool is_environment_name(std::string_view name) {
  return !name.empty() && name.find_first_of(std::string_view("=\0", 2)) == std::string_view::npos;
}

}  // namespace hitch
