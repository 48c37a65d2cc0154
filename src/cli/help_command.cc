#include <memory>

#include "cli/commands.h"
#include "cli/help_topics.h"
#include "cli/man_page.h"
#include "runtime/base/result.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

struct HelpOptions {
  std::string topic;
  bool man = false;
};

Error unknown_topic(const std::string& name, const CommandTable& table,
                    const std::vector<HelpTopic>& topics) {
  std::vector<std::string_view> known;
  for (const auto& command : table.commands) known.push_back(command.name);
  for (const auto& topic : topics) known.push_back(topic.name);
  const auto nearest = nearest_spelling(name, known);
  auto error = Error::because("there is no command or topic '" + name + "'", Kind::kUsage);
  return std::move(error).with_hint(nearest ? "did you mean 'hitch help " + *nearest + "'?"
                                            : "hitch help tells what there is");
}

/// A name may be that of a command and of a topic; then both have something to say.
Result<std::string> help_of(const std::string& name, const CLI::App& app) {
  const auto table = table_of(app);
  const auto topics = help_topics(table);
  std::string text;
  if (find_command(table, name) != nullptr) text = app.get_subcommand(name)->help();
  if (const auto* topic = find_topic(topics, name); topic != nullptr) text += topic_text(*topic);
  if (text.empty()) return unknown_topic(name, table, topics);
  return text;
}

void run_help(const HelpOptions& options, const CLI::App& app, const std::string& overview,
              Context& context) {
  if (options.man) return print(context, man_page(table_of(app)));
  if (options.topic.empty()) return print(context, overview);
  const auto text = help_of(options.topic, app);
  if (!text) return report_failure(context, text.error());
  print(context, *text);
}

std::string names_of_topics(const CLI::App& app) {
  std::string names;
  for (const auto& topic : help_topics(table_of(app))) {
    names += (names.empty() ? "" : ", ") + topic.name;
  }
  return names;
}

}  // namespace

void add_help_command(CLI::App& app, Context& context, const std::string* overview) {
  const auto options = std::make_shared<HelpOptions>();  // lives as long as the callback
  CLI::App* help =
      app.add_subcommand("help", "Print what there is, or the help of a command or topic");
  help->add_option("topic", options->topic, "Name of a command, or a topic");
  help->add_flag("--man", options->man, "For the build: the man page")->group("");
  help->callback(
      [options, overview, &app, &context] { run_help(*options, app, *overview, context); });
}

void add_overview_footer(CLI::App& app) {
  app.footer([&app] {  // made when it is asked for: most runs do not print help
    return "hitch help COMMAND tells about a command, hitch help TOPIC about one of:\n  " +
           names_of_topics(app);
  });
}

}  // namespace hitch
