#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/bundle/model.h"

namespace hitch {

/// Sets variables in a list that keeps their order, however many there are: an env file may have
/// as many lines as fit into it. Nobody else changes the list meanwhile.
class VariableEditor {
 public:
  explicit VariableEditor(Variables& variables);

  /// Sets a variable, in its place if it is there.
  void set(std::string name, std::string value);
  void erase(const std::string& name);

 private:
  void find_places();

  Variables& variables_;
  std::unordered_map<std::string, std::size_t> places_{};
};

/// Whether a name can be one of an environment variable: not empty, no '=' and no NUL.
bool is_environment_name(std::string_view name);

}  // namespace hitch
