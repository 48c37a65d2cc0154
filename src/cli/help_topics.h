#pragma once

#include <string>
#include <vector>

#include "cli/command_table.h"

namespace hitch {

/// A term and what it means: an exit code, a variable, a file.
struct HelpEntry {
  std::string term;
  std::string text;
};

/// What `hitch help NAME` says, and, where it is one, the section of the man page.
struct HelpTopic {
  std::string name;
  std::string summary;
  std::string intro;
  std::vector<HelpEntry> entries;
  std::string outro;
};

/// @param table  whose options say which variables there are
std::vector<HelpTopic> help_topics(const CommandTable& table);

/// @return nullptr if there is none of this name
const HelpTopic* find_topic(const std::vector<HelpTopic>& topics, const std::string& name);

/// The topic for a terminal, in lines of 79 columns.
std::string topic_text(const HelpTopic& topic);

}  // namespace hitch
