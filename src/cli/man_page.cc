#include "cli/man_page.h"

#include <algorithm>

#include "cli/help_topics.h"

namespace hitch {

namespace {

/// Text that troff shall print as it is.
std::string escaped(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";  // else it is a request
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + escaped(text) + "\\fR";
}

/// A term and its text.
void add_entry(const std::string& term, const std::string& text, std::string& out) {
  out += ".TP\n" + term + '\n' + text + '\n';
}

void add_flag(const FlagEntry& flag, std::string& out) {
  std::string term;
  for (const auto& name : flag.names) term += (term.empty() ? "" : ", ") + bold(name);
  if (!flag.value.empty()) term += ' ' + italic(flag.value);
  auto text = escaped(flag.help) + '.';
  if (flag.repeats) text += " May be given several times.";
  if (!flag.variable.empty()) text += " Variable: " + bold(flag.variable) + '.';
  add_entry(term, text, out);
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// "[SERVICE...]" of a list that is called "services".
std::string operand_text(const OperandEntry& operand) {
  auto name = operand.name;
  if (operand.repeats && name.ends_with('s')) name.pop_back();
  auto text = italic(upper(name)) + (operand.repeats ? "..." : "");
  return operand.required ? text : '[' + text + ']';
}

/// What comes behind a command's own words, which CLI11 does not know of.
std::string program_text(const CommandEntry& command) {
  if (command.name == "run") return " [\\-\\- \\fICMD\\fR...]";
  if (command.name == "exec") return " [\\-\\-] \\fICOMMAND\\fR...";
  return "";
}

void add_command(const CommandEntry& command, std::string& out) {
  out += ".SS " + command.name + "\n.B hitch " + command.name + '\n';
  if (!command.flags.empty()) out += "[\\fIoptions\\fR]\n";
  for (const auto& operand : command.operands) out += operand_text(operand) + '\n';
  if (const auto program = program_text(command); !program.empty()) out += program.substr(1) + '\n';
  out += ".PP\n" + escaped(command.help) + ".\n";
  for (const auto& operand : command.operands) {
    add_entry(operand_text(operand), escaped(operand.help) + '.', out);
  }
  for (const auto& flag : command.flags) add_flag(flag, out);
  if (!command.footer.empty()) out += ".PP\n" + escaped(command.footer) + '\n';
}

void add_section(const char* title, const HelpTopic& topic, std::string& out) {
  out += std::string(".SH ") + title + '\n';
  if (!topic.intro.empty()) out += escaped(topic.intro) + '\n';
  for (const auto& entry : topic.entries)
    add_entry(bold(entry.term), escaped(entry.text) + '.', out);
  if (!topic.outro.empty()) out += ".PP\n" + escaped(topic.outro) + '\n';
}

constexpr const char* kHead = R"(.SH SYNOPSIS
.B hitch
[\fIoptions\fR] \fICOMMAND\fR [\fIoptions\fR] [\fIoperands\fR]
.SH DESCRIPTION
.B hitch
runs a bundle of real services (a database, a cache, a web application, a mail server: any program)
as one throw\-away test environment on one Linux machine. It starts them in the right order, knows
when each is ready, runs a test among them and leaves nothing behind. A bundle is described by a
file, see
.BR hitch.yaml (5),
and lives in Linux namespaces of its own, with its own network, processes and
.IR /tmp .
.SH OPTIONS
These may stand before and behind the command's name.
)";

constexpr const char* kTail = R"(.SH SEE ALSO
.BR hitch.yaml (5),
.BR namespaces (7),
.BR jq (1)
)";

}  // namespace

std::string man_page(const CommandTable& table) {
  const auto topics = help_topics(table);
  std::string out = ".TH HITCH 1 \"\" \"hitch " HITCH_VERSION "\" \"User Commands\"\n";
  out += ".SH NAME\nhitch \\- " + escaped(table.help) + '\n' + kHead;
  for (const auto& flag : table.flags) add_flag(flag, out);
  out += ".SH COMMANDS\n";
  for (const auto& command : table.commands) add_command(command, out);
  add_section("EXIT STATUS", *find_topic(topics, "exit-codes"), out);
  add_section("ENVIRONMENT", *find_topic(topics, "environment"), out);
  add_section("FILES", *find_topic(topics, "files"), out);
  add_section("LOG LINES", *find_topic(topics, "logs"), out);
  return out + kTail;
}

}  // namespace hitch
