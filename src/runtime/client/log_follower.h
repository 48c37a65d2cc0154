#pragma once

#include <optional>
#include <string>

#include "runtime/client/child_program.h"

namespace hitch {

/// Shows the log of a bundle where this process writes, as `hitch logs --follow` does: by that.
class LogFollower {
 public:
  /// @param program  of hitch
  /// @param run      its id
  LogFollower(std::string program, std::string run);
  ~LogFollower() { stop(); }
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;

  enum class From { kBeginning, kNow };
  /// Begins to show; nothing if it shows already. That it cannot is no failure of a bundle.
  void start(From from);
  /// Shows what is in the log by now, and nothing more.
  void stop();
  /// The run has ended: returns when everything has been shown.
  void finish();

 private:
  std::string program_, run_;
  std::optional<ChildProgram> child_;
  UniqueFd alive_;  ///< its standard input, whose end tells it to end
};

}  // namespace hitch
