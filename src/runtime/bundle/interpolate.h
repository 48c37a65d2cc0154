#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/bundle/diagnostics.h"

namespace hitch {

/// The variables that `${…}` can name.
class Scope {
 public:
  using Lookup = std::function<std::optional<std::string>(std::string_view)>;

  /// @param outer  asked about names that `set` was not told about
  /// @param what   what an unknown name is called: "variable" of the caller's environment, or
  ///               "parameter" of a recipe, whose spelling is then corrected
  Scope(Lookup outer, std::string_view what, std::vector<std::string_view> names = {})
      : outer_(std::move(outer)), what_(what), names_(std::move(names)) {}

  void set(std::string name, std::string value) {
    own_.emplace_back(std::move(name), std::move(value));
  }

  std::optional<std::string> find(std::string_view name) const;
  /// "the variable 'HOME' is not set", "unknown parameter 'prot', did you mean 'port'?"
  std::string why_not(std::string_view name) const;
  /// An unset variable is the caller's doing; an unknown parameter is a mistake in the file.
  Blame blame() const noexcept { return what_ == "variable" ? Blame::kMachine : Blame::kText; }

 private:
  Lookup outer_;
  std::string_view what_;
  std::vector<std::string_view> names_;
  std::vector<std::pair<std::string, std::string>> own_;
};

/// Replaces `${VAR}`, `${VAR:-default}`, `${VAR:?error}` and `$$` in every scalar of the tree,
/// never in keys. A bare `$x` stays. Errors: a variable that is not set and has no default, a form
/// that is none of these; such values become unusable.
void interpolate(Node& node, const KeyPath& path, const Scope& scope, Diagnostics& out);

/// The opposite: text that interpolates to `text`.
std::string escape_dollars(std::string_view text);

}  // namespace hitch
