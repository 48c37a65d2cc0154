#include <memory>
#include <ostream>
#include <sstream>

#include "cli/bundle_option.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/completion_scripts.h"
#include "cli/help_topics.h"
#include "cli/live_run.h"

namespace hitch {

namespace {

/// Somebody waits at a prompt.
constexpr Milliseconds kPatience{500};

struct CompletionOptions {
  std::string shell;
  bool next = false;
};

std::vector<Candidate> services_of_file(Context& context) {
  std::vector<Candidate> names;
  const auto bundle = load_bundle_for(context, {});
  if (!bundle) return names;
  for (const auto& service : bundle->services) names.push_back({service.name, ""});
  return names;
}

std::vector<Candidate> services_of_run(const Context& context) {
  std::vector<Candidate> names;
  auto client = connect_to_bundle(context);
  if (!client) return names;
  const auto info = client->call("bundle.info", {}, {}, Deadline::in(kPatience));
  if (!info) return names;
  for (const auto& service : info->at("services").as_array()) {
    const auto& name = service.at("name").as_string();
    names.push_back({std::string(name.data(), name.size()), ""});
  }
  return names;
}

/// Those of the file; but a name alone may be that of a bundle whose file is somewhere else.
std::vector<Candidate> services_for(const Completion& line, const Context& context) {
  std::ostringstream unheard;  // a line that is being typed may be wrong yet
  Context quiet = context;
  quiet.err = &unheard;
  if (!line.files.empty()) quiet.files = line.files;
  if (!line.projects.empty()) quiet.project = line.projects.back();
  if (!line.profiles.empty()) quiet.profiles = line.profiles;
  const bool is_named = quiet.project && quiet.files.empty();
  auto names = is_named ? services_of_run(quiet) : services_of_file(quiet);
  if (names.empty()) names = is_named ? services_of_file(quiet) : services_of_run(quiet);
  return names;
}

std::vector<Candidate> topics_of(const CommandTable& table) {
  std::vector<Candidate> candidates;
  for (const auto& topic : help_topics(table)) candidates.push_back({topic.name, topic.summary});
  return candidates;
}

/// What the scripts read: see completion_scripts.cc.
std::string next_words(const CLI::App& app, const Context& context) {
  const auto table = table_of(app);
  auto line = complete_line(table, context.command, topics_of(table));
  if (line.ask == Completion::Ask::kFiles) return ":files\n";
  if (line.ask == Completion::Ask::kProgram) {
    return ":program " + std::to_string(line.program_at) + '\n';
  }
  if (line.ask == Completion::Ask::kServices) {
    line.candidates = beginning_with(context.command.back(), services_for(line, context));
  }
  std::string text;
  for (const auto& candidate : line.candidates) {
    text += candidate.word + '\t' + candidate.help + '\n';
  }
  return text;
}

void run_completion(const CompletionOptions& options, const CLI::App& app, Context& context) {
  if (options.next) {
    print(context, next_words(app, context));
  } else if (options.shell.empty()) {
    report_failure(context, Error::because("which shell?", Kind::kUsage)
                                .with_hint("hitch completion bash, zsh or fish"));
  } else {
    print(context, completion_script(options.shell));
  }
}

}  // namespace

void add_completion_command(CLI::App& app, Context& context) {
  const auto options = std::make_shared<CompletionOptions>();  // lives as long as the callback
  CLI::App* completion = app.add_subcommand(
      "completion", "Print a script that makes a shell complete commands, options and services");
  completion->add_option("shell", options->shell, "bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
  completion->add_flag("--next", options->next, "For the scripts: what may come next")->group("");
  completion->footer("For this shell alone: source <(hitch completion bash)");
  completion->callback([options, &app, &context] { run_completion(*options, app, context); });
}

}  // namespace hitch
