#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitch {

/// Of a program whose environment has no PATH.
inline constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The variables a program starts with, each name once, in the order in which they came.
class ProcessEnvironment {
 public:
  ProcessEnvironment() = default;
  /// All of the calling process's own variables. environ(7)
  static ProcessEnvironment of_caller();
  /// What every service gets from the caller: PATH, HOME, USER, LANG, TZ, TERM, and the names or
  /// "PREFIX_*" in `pass`. PATH has a default; what else the caller lacks stays unset.
  static ProcessEnvironment clean(const ProcessEnvironment& caller,
                                  std::span<const std::string> pass);

  /// Where its programs are looked for: its PATH, or a default if it has none.
  std::string_view search_path() const;
  void set(std::string_view name, std::string_view value);
  /// @return null if it is not set
  const std::string* find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& variables() const { return variables_; }
  /// "NAME=value" each, as exec takes them.
  std::vector<std::string> strings() const;

 private:
  std::vector<std::pair<std::string, std::string>> variables_;
  std::map<std::string, std::size_t, std::less<>> places_;  ///< in variables_
};

/// The paths at which `program` may be found: itself if it has a slash, else one in each directory
/// of `path`. execvp(3); an empty entry means the current directory.
std::vector<std::string> program_candidates(std::string_view program, std::string_view path);

}  // namespace hitch
