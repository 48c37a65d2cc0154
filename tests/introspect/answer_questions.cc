// Answers questions about processes, one a line: "PID FIELD [WORD]". An answer is a line of JSON:
// {"value": …} or {"error": "NoSuchProcess", "message": …}. What psutil_test.py compares psutil
// with.
#include <sys/resource.h>

#include <iostream>
#include <sstream>

#include "introspect/descriptors.h"
#include "introspect/field_json.h"
#include "introspect/process.h"

namespace hitch::introspect {
namespace {

Answer<FieldValue> as_list(Answer<std::vector<Process>> processes) {
  HITCH_TRY(const auto found, std::move(processes));
  std::vector<int> pids;
  for (const auto& process : found) pids.push_back(process.pid());
  return FieldValue(pids);
}

template <typename T>
Answer<FieldValue> as_field(Answer<T> answer) {
  HITCH_TRY(auto value, std::move(answer));
  return FieldValue(std::move(value));
}

Answer<FieldValue> parent_of(const Process& process) {
  HITCH_TRY(const auto parent, process.parent());
  return parent ? FieldValue(std::int64_t{parent->pid()}) : FieldValue();
}

Answer<FieldValue> limit_of(const Process& process, const std::string& word) {
  HITCH_TRY(const auto limits, process.rlimit(std::stoi(word)));
  return FieldValue(
      std::vector<std::string>{std::to_string(static_cast<std::int64_t>(limits.soft)),
                               std::to_string(static_cast<std::int64_t>(limits.hard))});
}

std::vector<int> numbers_in(const std::string& word) {
  std::vector<int> numbers;
  std::istringstream words(word);
  for (std::string number; std::getline(words, number, ',');) numbers.push_back(std::stoi(number));
  return numbers;
}

Answer<FieldValue> nothing(Answer<Done> done) {
  HITCH_CHECK(std::move(done));
  return FieldValue();
}

Answer<FieldValue> wait_for(const Process& process, const std::string& word) {
  HITCH_TRY(const auto code, process.wait(std::chrono::duration<double>(std::stod(word))));
  return code ? FieldValue(std::int64_t{*code}) : FieldValue();
}

Answer<Done> act(const Process& process, const std::string& name, const std::string& word) {
  const auto numbers = numbers_in(word);
  if (name == "suspend") return process.suspend();
  if (name == "resume") return process.resume();
  if (name == "terminate") return process.terminate();
  if (name == "kill") return process.kill();
  if (name == "send_signal") return process.send_signal(numbers.at(0));
  if (name == "set_nice") return process.set_nice(numbers.at(0));
  if (name == "set_ionice") return process.set_ionice(numbers.at(0), numbers.at(1));
  if (name == "set_cpu_affinity") return process.set_cpu_affinity(numbers);
  const auto limit = [&](std::size_t at) { return static_cast<std::uint64_t>(numbers.at(at)); };
  return process.set_rlimit(numbers.at(0), {.soft = limit(1), .hard = limit(2)});
}

Answer<FieldValue> answer(const Process& process, const std::string& name,
                          const std::string& word) {
  using Depth = Process::Depth;
  if (name == "connections" || name == "net_connections") {
    return as_field(process.net_connections(connection_kind(word).value()));
  }
  if (name == "children") return as_list(process.children());
  if (name == "descendants") return as_list(process.children(Depth::kDescendants));
  if (name == "parents") return as_list(process.parents());
  if (name == "parent") return parent_of(process);
  if (name == "is_running") return FieldValue(std::int64_t{process.is_running() ? 1 : 0});
  if (name == "memory_info_ex") return as_field(process.memory_info_ex());
  if (name == "memory_maps_single") {
    return as_field(process.memory_maps(Process::Grouping::kNone));
  }
  if (name == "memory_percent") return as_field(process.memory_percent(word));
  if (name == "rlimit") return limit_of(process, word);
  if (name == "wait") return wait_for(process, word);
  if (const auto field = field_named(name)) return process.field(*field);
  return nothing(act(process, name, word));
}

void write(const Answer<FieldValue>& answer, std::string& out) {
  FieldJson json(out, OtherBytes::kSurrogates);
  json.open('{');
  if (answer) {
    json.key("value");
    json.write(*answer);
  } else {
    json.key("error");
    json.write_text(kind_word(answer.error().kind()));
    json.key("message");
    json.write_text(answer.error().message());
  }
  json.close('}');
  out += '\n';
}

void write_all(const Answer<ProcessDict>& dict, std::string& out) {
  if (!dict) return write(dict.error(), out);
  FieldJson json(out, OtherBytes::kSurrogates);
  json.open('{');
  for (const auto& [field, value] : *dict) {
    json.key(field_name(field));
    json.write(value);
  }
  json.close('}');
  out += '\n';
}

int run() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    pid_t pid = 0;
    std::string name, word, out;
    words >> pid >> name >> word;
    const auto process = Process::open(pid);
    if (name == "as_dict" && process) {
      write_all(process->as_dict(), out);
    } else {
      write(process ? answer(*process, name, word) : process.error(), out);
    }
    std::cout << out << std::flush;
  }
  return 0;
}

}  // namespace
}  // namespace hitch::introspect

int main() {
  return hitch::introspect::run();
}
