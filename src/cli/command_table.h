#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace hitch {

/// An option of the command line, such as "-f,--file FILE".
struct FlagEntry {
  std::vector<std::string> names;    ///< with their dashes, short ones first
  std::string value;                 ///< "FILE"; empty: it takes none
  std::vector<std::string> choices;  ///< the only values that there are; empty: any
  std::string help;
  std::string variable;  ///< of the environment, which stands for the option; may be empty
  bool repeats = false;
};

/// What a command is given without dashes, such as "services".
struct OperandEntry {
  std::string name;
  std::vector<std::string> choices;
  std::string help;
  bool required = false;
  bool repeats = false;
};

struct CommandEntry {
  std::string name;
  std::string help;
  std::string footer;
  std::vector<FlagEntry> flags;  ///< its own, without --help
  std::vector<OperandEntry> operands;
};

/// The command line as plain values: what completion and the man page are made of.
struct CommandTable {
  std::string help;
  std::vector<FlagEntry> flags;  ///< may stand before and behind a command's name
  std::vector<CommandEntry> commands;
};

/// Reads what has been told to CLI11, but for what is hidden.
CommandTable table_of(const CLI::App& app);

/// @return nullptr if there is none of this name
const CommandEntry* find_command(const CommandTable& table, std::string_view name);

/// @param command  whose own options hide those of all; nullptr before a command's name
/// @return nullptr if there is none of this name
const FlagEntry* find_flag(const CommandTable& table, const CommandEntry* command,
                           std::string_view name);

}  // namespace hitch
