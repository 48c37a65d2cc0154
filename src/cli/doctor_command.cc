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

std::string json_lines(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings) {
    const json::object row{{"feature", finding.feature},  {"works", finding.works},
                           {"needed", finding.is_needed}, {"used_for", finding.used_for},
                           {"why", finding.why},          {"remedy", finding.remedy}};
    text += json_text(row) + '\n';
  }
  return text;
}

/// The table, and below it what is missing, with its cause and what would change it.
std::string report(const Findings& findings) {
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
  return text;
}

/// Those that are asked for; "bundle" stands for what every bundle needs.
Result<Findings> required_of(const Findings& findings, const std::vector<std::string>& names) {
  Findings required;
  std::vector<std::string_view> known{"bundle"};
  for (const auto& finding : findings) known.push_back(finding.feature);
  for (const auto& name : names) {
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
  print(context, context.format == OutputFormat::kJson ? json_lines(findings) : report(findings));
  for (const auto& finding : required) {
    if (finding.works) continue;
    return Error::because("this machine does not have " + in_quotes(finding.feature) + ": " +
                          finding.why)
        .with_hint(finding.remedy);
  }
  return Done{};
}

}  // namespace

void add_doctor_command(CLI::App& app, Context& context) {
  CLI::App* doctor = app.add_subcommand(
      "doctor", "Try what bundles are made of, and tell what this machine lacks");
  const auto required = std::make_shared<std::vector<std::string>>();
  doctor
      ->add_option("--require", *required,
                   "Fail if this feature is not there; bundle: all that every bundle needs")
      ->type_name("FEATURE")
      ->allow_extra_args(false);
  doctor->callback([required, &context] {
    if (const auto status = run_doctor(*required, context); !status) {
      report_failure(context, status.error());
    }
  });
}

}  // namespace hitch
