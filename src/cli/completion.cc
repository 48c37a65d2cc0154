#include "cli/completion.h"

#include <algorithm>
#include <optional>

namespace hitch {

namespace {

/// What the words before the one to complete have said.
struct LineState {
  const CommandEntry* command = nullptr;
  const FlagEntry* pending = nullptr;  ///< its value comes next
  std::size_t operands = 0;            ///< behind the command's name
  std::optional<std::size_t> program_at;
  bool is_lost = false;  ///< there is no such command
};

bool has_name(const FlagEntry& flag, std::string_view name) {
  return std::find(flag.names.begin(), flag.names.end(), name) != flag.names.end();
}

void remember(const FlagEntry& flag, const std::string& value, Completion& completion) {
  if (has_name(flag, "--file")) completion.files.push_back(value);
  if (has_name(flag, "--project")) completion.projects.push_back(value);
  if (has_name(flag, "--profile")) completion.profiles.push_back(value);
}

/// `hitch exec SERVICE COMMAND…` needs no "--".
bool program_comes(const LineState& state) {
  return state.command != nullptr && state.command->name == "exec" && state.operands == 1;
}

void read_flag(const CommandTable& table, const std::string& word, LineState& state,
               Completion& completion) {
  const auto equals = word.find('=');
  const auto* flag = find_flag(table, state.command, word.substr(0, equals));
  if (flag == nullptr || flag->value.empty()) return;
  if (equals == std::string::npos) {
    state.pending = flag;
  } else {
    remember(*flag, word.substr(equals + 1), completion);
  }
}

LineState read_line(const CommandTable& table, const std::vector<std::string>& words,
                    Completion& completion) {
  LineState state;
  for (std::size_t i = 0; i + 1 < words.size() && !state.program_at; ++i) {
    const auto& word = words[i];
    if (word == "=") continue;  // bash: between an option and its value
    if (state.pending != nullptr) {
      remember(*state.pending, word, completion);
      state.pending = nullptr;
    } else if (word == "--") {
      state.program_at = i + 1;
    } else if (word.starts_with('-')) {
      read_flag(table, word, state, completion);
    } else if (state.command == nullptr) {
      state.command = find_command(table, word);
      state.is_lost = state.command == nullptr;
      if (state.is_lost) break;
    } else if (program_comes(state)) {
      state.program_at = i;
    } else {
      ++state.operands;
    }
  }
  return state;
}

std::vector<Candidate> without_help(const std::vector<std::string>& words) {
  std::vector<Candidate> candidates;
  candidates.reserve(words.size());
  for (const auto& word : words) candidates.push_back({word, ""});
  return candidates;
}

void offer_flags(const std::vector<FlagEntry>& flags, std::vector<Candidate>& candidates) {
  for (const auto& flag : flags) {
    for (const auto& name : flag.names) {
      const auto is_same = [&name](const Candidate& other) { return other.word == name; };
      if (std::none_of(candidates.begin(), candidates.end(), is_same)) {
        candidates.push_back({name, flag.help});
      }
    }
  }
}

std::vector<Candidate> flags_for(const CommandTable& table, const CommandEntry* command) {
  std::vector<Candidate> candidates;
  if (command != nullptr) offer_flags(command->flags, candidates);
  offer_flags(table.flags, candidates);
  return candidates;
}

std::vector<Candidate> commands_of(const CommandTable& table) {
  std::vector<Candidate> candidates;
  candidates.reserve(table.commands.size());
  for (const auto& command : table.commands) candidates.push_back({command.name, command.help});
  return candidates;
}

void complete_value(const FlagEntry& flag, Completion& completion) {
  if (!flag.choices.empty()) {
    completion.candidates = without_help(flag.choices);
  } else if (flag.value == "FILE") {
    completion.ask = Completion::Ask::kFiles;
  }
}

/// "--color=al", in a shell that leaves it one word.
void complete_joined_value(const CommandTable& table, const LineState& state,
                           const std::string& word, Completion& completion) {
  const auto start = word.substr(0, word.find('=') + 1);
  const auto* flag = find_flag(table, state.command, start.substr(0, start.size() - 1));
  if (flag == nullptr) return;
  for (const auto& choice : flag->choices) completion.candidates.push_back({start + choice, ""});
}

void complete_operand(const CommandTable& table, const LineState& state,
                      const std::vector<Candidate>& topics, Completion& completion) {
  const auto& operands = state.command->operands;
  const bool is_one_more = state.operands >= operands.size();
  if (operands.empty() || (is_one_more && !operands.back().repeats)) {
    completion.candidates = flags_for(table, state.command);
    return;
  }
  const auto& operand = is_one_more ? operands.back() : operands[state.operands];
  if (operand.name == "service" || operand.name == "services") {
    completion.ask = Completion::Ask::kServices;
  } else if (operand.name == "topic") {
    completion.candidates = commands_of(table);
    completion.candidates.insert(completion.candidates.end(), topics.begin(), topics.end());
  } else {
    completion.candidates = without_help(operand.choices);
  }
}

void complete_word(const CommandTable& table, const LineState& state, const std::string& word,
                   const std::vector<Candidate>& topics, Completion& completion) {
  if (state.pending != nullptr) {
    complete_value(*state.pending, completion);
  } else if (word.starts_with('-') && word.find('=') != std::string::npos) {
    complete_joined_value(table, state, word, completion);
  } else if (word.starts_with('-')) {
    completion.candidates = flags_for(table, state.command);
  } else if (state.command == nullptr) {
    completion.candidates = commands_of(table);
  } else {
    complete_operand(table, state, topics, completion);
  }
}

}  // namespace

std::vector<Candidate> beginning_with(std::string_view start, std::vector<Candidate> candidates) {
  std::erase_if(candidates,
                [start](const Candidate& candidate) { return !candidate.word.starts_with(start); });
  return candidates;
}

Completion complete_line(const CommandTable& table, const std::vector<std::string>& words,
                         const std::vector<Candidate>& topics) {
  Completion completion;
  if (words.empty()) return completion;
  auto state = read_line(table, words, completion);
  if (state.is_lost) return completion;
  const auto word = words.back() == "=" ? std::string() : words.back();
  const bool is_program = state.pending == nullptr && program_comes(state);
  if (is_program && !state.program_at && !word.starts_with('-')) {
    state.program_at = words.size() - 1;
  }
  if (state.program_at) {
    completion.ask = Completion::Ask::kProgram;
    completion.program_at = *state.program_at;
    return completion;
  }
  complete_word(table, state, word, topics, completion);
  completion.candidates = beginning_with(word, std::move(completion.candidates));
  return completion;
}

}  // namespace hitch
