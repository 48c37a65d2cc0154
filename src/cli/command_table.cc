#include "cli/command_table.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace hitch {

namespace {

/// CLI11 writes a type and its choices as one: "WHEN:{auto,always,never}".
struct TypeText {
  std::string name;
  std::vector<std::string> choices;
};
TypeText split_type(const std::string& text) {
  const auto open = text.find(":{");
  if (open == std::string::npos || !text.ends_with('}')) return {text, {}};
  const auto inside = text.substr(open + 2, text.size() - open - 3);
  return {text.substr(0, open), CLI::detail::split(inside, ',')};
}

FlagEntry flag_entry(const CLI::Option& option) {
  FlagEntry entry;
  entry.help = option.get_description();
  entry.variable = option.get_envname();
  for (const auto& name : option.get_snames()) entry.names.push_back('-' + name);
  for (const auto& name : option.get_lnames()) entry.names.push_back("--" + name);
  if (option.get_items_expected_max() == 0) return entry;
  auto type = split_type(option.get_type_name());
  entry.value = type.name.empty() ? "VALUE" : type.name;
  entry.choices = std::move(type.choices);
  entry.repeats = option.get_items_expected_max() > 1;
  return entry;
}

OperandEntry operand_entry(const CLI::Option& option) {
  return {.name = option.get_name(true),
          .choices = split_type(option.get_type_name()).choices,
          .help = option.get_description(),
          .required = option.get_required(),
          .repeats = option.get_items_expected_max() > 1};
}

CommandEntry command_entry(const CLI::App& command) {
  CommandEntry entry;
  entry.name = command.get_name();
  entry.help = command.get_description();
  entry.footer = command.get_footer();
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty() || option == command.get_help_ptr()) continue;
    if (option->get_positional()) {
      entry.operands.push_back(operand_entry(*option));
    } else {
      entry.flags.push_back(flag_entry(*option));
    }
  }
  return entry;
}

const FlagEntry* find_in(const std::vector<FlagEntry>& flags, std::string_view name) {
  for (const auto& flag : flags) {
    if (std::find(flag.names.begin(), flag.names.end(), name) != flag.names.end()) return &flag;
  }
  return nullptr;
}

}  // namespace

CommandTable table_of(const CLI::App& app) {
  CommandTable table;
  table.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) table.flags.push_back(flag_entry(*option));
  }
  const auto is_shown = [](const CLI::App* command) { return !command->get_group().empty(); };
  for (const CLI::App* command : app.get_subcommands(is_shown)) {
    table.commands.push_back(command_entry(*command));
  }
  return table;
}

const CommandEntry* find_command(const CommandTable& table, std::string_view name) {
  for (const auto& command : table.commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

const FlagEntry* find_flag(const CommandTable& table, const CommandEntry* command,
                           std::string_view name) {
  const FlagEntry* own = command != nullptr ? find_in(command->flags, name) : nullptr;
  return own != nullptr ? own : find_in(table.flags, name);
}

}  // namespace hitch
