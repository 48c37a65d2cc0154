#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "cli/commands.h"
#include "cli/json_fields.h"
#include "cli/text_table.h"
#include "runtime/base/text.h"
#include "runtime/control/json_text.h"
#include "runtime/probe/machine.h"

namespace hitch {

namespace {

using Findings = std::vector<Finding>;

std::string json_lines(const Findings& findings, const LevelFinding& level) {
  std::string text;
  for (const auto& finding : findings) {
    const json::object row{{"feature", finding.feature},  {"works", finding.works},
                           {"needed", finding.is_needed}, {"used_for", finding.used_for},
                           {"why", finding.why},          {"remedy", finding.remedy}};
    text += json_text(row) + '\n';
  }
  json::value name;  // null: no bundle runs here
  if (level.level) name = name_of(*level.level);
  const json::object row{
      {"isolation", std::move(name)}, {"why", level.why}, {"remedy", level.remedy}};
  return text + json_text(row) + '\n';
}

std::string sentence_on(const LevelFinding& level) {
  if (!level.level) return "No bundle runs here.\n";
  if (*level.level == IsolationLevel::kFull) return "A bundle runs here with full isolation.\n";
  return "A bundle runs here, and its " + isolation_notice(*level.level, level.why) + ".\n";
}

/// The table, and below it what is missing, with its cause and what would change it.
std::string report(const Findings& findings, const LevelFinding& level) {
  TextTable table({"FEATURE", "HERE", "USED FOR"});
  std::map<std::string, std::string> missing;  // by cause and remedy
  for (const auto& finding : findings) {
    table.add({finding.feature, finding.works ? "yes" : "no", finding.used_for});
    if (finding.works) continue;
    auto& names =
        missing[finding.why + '\n' + (finding.remedy.empty() ? "" : "  " + finding.remedy + '\n')];
    names += (names.empty() ? "" : ", ") + finding.feature;
  }
  std::string text = table.text();
  for (const auto& [cause, names] : missing) text += '\n' + names + ": " + cause;
  return text + '\n' + sentence_on(level);
}

bool is_level(const std::string& name) {
  return isolation_level_of(name).has_value();
}

/// The levels of isolation among what is asked for.
Status check_levels(const std::vector<std::string>& names, const LevelFinding& found) {
  for (const auto& name : names) {
    const auto wanted = isolation_level_of(name);
    if (!wanted || (found.level && *found.level >= *wanted)) continue;
    return Error::because("this machine does not have isolation " + in_quotes(name) + ": " +
                          found.why)
        .with_hint(found.remedy);
  }
  return Done{};
}

/// The features among what is asked for; "bundle" stands for what every bundle needs.
Result<Findings> required_of(const Findings& findings, const std::vector<std::string>& names) {
  Findings required;
  std::vector<std::string_view> known{"bundle"};
  for (const auto& finding : findings) known.push_back(finding.feature);
  for (const auto level : kIsolationLevels) known.push_back(name_of(level));
  for (const auto& name : names) {
    if (is_level(name)) continue;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      auto error = Error::because("there is no feature " + in_quotes(name), Kind::kUsage);
      if (const auto nearest = nearest_spelling(name, known)) {
        error = std::move(error).with_hint("did you mean " + in_quotes(*nearest) + "?");
      }
      return error;
    }
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(required),
                 [&](const Finding& finding) {
                   return finding.feature == name || (name == "bundle" && finding.is_needed);
                 });
  }
  return required;
}

Status run_doctor(const std::vector<std::string>& names, Context& context) {
  const char* path = std::getenv("PATH");
  const auto findings = probe_machine(path != nullptr ? path : "");
  HITCH_TRY(const auto required, required_of(findings, names));
  const auto level = level_of(findings);
  const bool json = context.format == OutputFormat::kJson;
  print(context, json ? json_lines(findings, level) : report(findings, level));
  for (const auto& finding : required) {
    if (finding.works) continue;
    return Error::because("this machine does not have " + in_quotes(finding.feature) + ": " +
                          finding.why)
        .with_hint(finding.remedy);
  }
  return check_levels(names, level);
}

}  // namespace

void add_doctor_command(CLI::App& app, Context& context) {
  CLI::App* doctor = app.add_subcommand(
      "doctor", "Try what bundles are made of, and tell what this machine lacks");
  const auto required = std::make_shared<std::vector<std::string>>();
  doctor
      ->add_option("--require", *required,
                   "Fail if this feature, or level of isolation, is not there; bundle: all that "
                   "every bundle needs")
      ->type_name("FEATURE")
      ->allow_extra_args(false);
  doctor->callback([required, &context] {
    if (const auto status = run_doctor(*required, context); !status) {
      report_failure(context, status.error());
    }
  });
}

}  // namespace hitch
