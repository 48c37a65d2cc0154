#include "cli/help_topics.h"

#include <algorithm>
#include <sstream>

#include "cli/field_topic.h"

namespace hitch {

namespace {

HelpTopic bundle_file_topic() {
  return {.name = "bundle-file",
          .summary = "The file that describes a bundle",
          .intro =
              "Without -f, hitch takes hitch.yaml, else hitch.yml, else hitch.json, from the "
              "current directory or the nearest one above it that has one. A bundle has:",
          .entries = {{"name", "what it is called; default: the directory's name"},
                      {"services", "a map from names to services"},
                      {"environment", "variables for every service and for the command"},
                      {"startup_timeout", "for all services to be ready; default: 15s"},
                      {"shutdown_timeout", "for stopping them; default: 5s"},
                      {"network, filesystem",
                       "how much of the machine is seen: private, host; network: outbound as well"},
                      {"command, shell", "of a service: what to run, or a recipe that knows it"},
                      {"depends_on", "of a service: what has to be ready before it starts"},
                      {"ready", "of a service: when others may go on, such as a line of its log"},
                      {"setup, poststart, teardown", "of a service: commands around its life"}},
          .outro =
              "hitch.yaml(5) has all of it. \"hitch init\" writes a first file, and \"hitch "
              "config\" prints what hitch makes of one."};
}

HelpTopic exit_codes_topic() {
  return {.name = "exit-codes",
          .summary = "What hitch ends with",
          .intro = "",
          .entries = {{"0", "all went well; without CMD: all tasks have ended as they should"},
                      {"CMD's own", "CMD of \"hitch run -- CMD\" has ended by itself"},
                      {"128 + n", "CMD was killed by signal n, or hitch was interrupted by it"},
                      {"2", "the command line or the bundle file is wrong"},
                      {"124", "something did not happen in time"},
                      {"125",
                       "hitch or the environment failed: a service died, a command around "
                       "its life failed, a namespace was refused"},
                      {"126", "CMD cannot be executed"},
                      {"127", "CMD was not found"}},
          .outro =
              "A failure of the bundle wins over CMD's code. The last line on standard error "
              "says why hitch ended."};
}

void add_variables(const std::vector<FlagEntry>& flags, const std::string& where,
                   std::vector<HelpEntry>& entries) {
  for (const auto& flag : flags) {
    if (flag.variable.empty()) continue;
    const auto is_same = [&flag](const HelpEntry& entry) { return entry.term == flag.variable; };
    const auto known = std::find_if(entries.begin(), entries.end(), is_same);
    if (known == entries.end()) {
      entries.push_back({flag.variable, flag.names.back() + where});
    } else {
      known->text += ", " + flag.names.back() + where;
    }
  }
}

HelpTopic environment_topic(const CommandTable& table) {
  HelpTopic topic{
      .name = "environment",
      .summary = "Variables that hitch reads",
      .intro = "A variable that stands for an option counts unless the option is given.",
      .entries = {},
      .outro = "Services do not see these: they start with a clean environment."};
  add_variables(table.flags, "", topic.entries);
  for (const auto& command : table.commands) {
    add_variables(command.flags, " of " + command.name, topic.entries);
  }
  topic.entries.insert(
      topic.entries.end(),
      {{"HITCH_RECIPES", "a directory of recipes that is looked at first"},
       {"NO_COLOR, CLICOLOR_FORCE", "no colours; colours even if it is no terminal"},
       {"XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_CACHE_HOME, HOME",
        "where run directories, logs and prepared data are: see \"hitch help files\""},
       {"PATH", "where CMD and services are looked for, unless the bundle file sets another"}});
  return topic;
}

HelpTopic files_topic() {
  return {.name = "files",
          .summary = "Where hitch keeps what it needs",
          .intro = "RUN is the bundle's name, a hyphen and eight hex digits.",
          .entries = {{"hitch.yaml", "the bundle file: see \"hitch help bundle-file\""},
                      {"$XDG_RUNTIME_DIR/hitch/RUN",
                       "of a run, while it lives; else below "
                       "/tmp/hitch-UID"},
                      {"$XDG_STATE_HOME/hitch/runs/RUN/log",
                       "log of a run, for the newest 20; "
                       "else below ~/.local/state"},
                      {"$XDG_CACHE_HOME/hitch/data",
                       "prepared data, until it has not been used "
                       "for 30 days; else below ~/.cache"},
                      {"PREFIX/share/hitch/recipes", "recipes"},
                      {"PREFIX/share/hitch/bundle.schema.json",
                       "JSON Schema of the bundle file, "
                       "for editors"},
                      {"PREFIX/libexec/hitch", "programs that hitch runs itself"}},
          .outro = "PREFIX is where hitch is installed: beside the directory of the program."};
}

HelpTopic logs_topic() {
  return {.name = "logs",
          .summary = "How lines of a log look, and which there are",
          .intro =
              "All that services print is kept for the last 20 runs, quiet or not. A title "
              "in front of each line says whose it is:",
          .entries = {{"[       Web]", "standard output of the service"},
                      {"[   Err Web]", "its standard error"},
                      {"[ Setup Web]", "output of its setup commands; [Setup! Web]: their errors"},
                      {"[  Post Web]", "of its poststart commands; [ Post! Web]"},
                      {"[  Down Web]", "of its teardown commands; [ Down! Web]"},
                      {"[     Hitch]", "hitch itself"}},
          .outro =
              "On a terminal, control characters of services are shown instead of obeyed. "
              "Into a file or a pipe go the bytes as they came."};
}

constexpr std::size_t kWidth = 79;

/// Appends the words of `text` in lines that begin with `indent` blanks; the first one has begun.
void fill(const std::string& text, std::size_t indent, std::string& out) {
  std::istringstream words(text);
  std::size_t column = indent;
  for (std::string word; words >> word;) {
    const bool is_first = column == indent;
    if (!is_first && column + 1 + word.size() > kWidth) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (!is_first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

}  // namespace

std::vector<HelpTopic> help_topics(const CommandTable& table) {
  return {bundle_file_topic(), exit_codes_topic(), environment_topic(table),
          files_topic(),       logs_topic(),       field_topic()};
}

const HelpTopic* find_topic(const std::vector<HelpTopic>& topics, const std::string& name) {
  for (const auto& topic : topics) {
    if (topic.name == name) return &topic;
  }
  return nullptr;
}

std::string topic_text(const HelpTopic& topic) {
  constexpr std::size_t kTerm = 2, kText = 24;
  std::string out;
  if (!topic.intro.empty()) {
    fill(topic.intro, 0, out);
    out += '\n';
  }
  for (const auto& entry : topic.entries) {
    out += std::string(kTerm, ' ') + entry.term;
    const auto column = kTerm + entry.term.size();
    // A long term has its line to itself.
    out += column < kText ? std::string(kText - column, ' ') : '\n' + std::string(kText, ' ');
    fill(entry.text, kText, out);
  }
  if (!topic.outro.empty()) {
    out += '\n';
    fill(topic.outro, 0, out);
  }
  return out;
}

}  // namespace hitch
