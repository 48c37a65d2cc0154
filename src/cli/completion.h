#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_table.h"

namespace hitch {

/// A word that may stand where the cursor is.
struct Candidate {
  std::string word;
  std::string help;
};

/// What a line that is being typed can go on with.
struct Completion {
  /// What only others know: the shell, or the bundle that the line is about.
  enum class Ask { kNothing, kFiles, kProgram, kServices };

  std::vector<Candidate> candidates;
  Ask ask = Ask::kNothing;
  std::size_t program_at = 0;  ///< of kProgram: which of the words is the program's name

  // Which bundle the line is about.
  std::vector<std::string> files;
  std::vector<std::string> projects;
  std::vector<std::string> profiles;
};

/// Completes the last of `words`, those behind "hitch". bash makes three words of --color=never.
/// @param topics  what `hitch help` knows besides commands
Completion complete_line(const CommandTable& table, const std::vector<std::string>& words,
                         const std::vector<Candidate>& topics);

/// Those that begin with `start`.
std::vector<Candidate> beginning_with(std::string_view start, std::vector<Candidate> candidates);

}  // namespace hitch
