#include "runtime/clock/task_list.h"

#include <dirent.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "introspect/proc_file.h"
#include "runtime/base/text.h"

namespace hitch {

namespace {

/// Adds the numbers in a text of numbers and blanks.
void append_numbers(std::string_view text, std::vector<pid_t>& out) {
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (const auto number = parse_number<pid_t>(text.substr(0, end))) out.push_back(*number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<pid_t> number_in_status(pid_t task, std::string_view key) {
  const std::string status = proc_text(task, "status");
  const auto at = status.find(key);
  if (at == status.npos) return std::nullopt;
  const auto first = at + key.size();
  return parse_number<pid_t>(
      std::string_view(status).substr(first, status.find('\n', first) - first));
}

}  // namespace

std::string proc_text(pid_t process, const std::string& name) {
  constexpr std::size_t kLimitBytes = std::size_t{16} << 20;
  std::string buffer;
  const auto text = read_proc_file(process, name, buffer, kLimitBytes);
  return text ? std::string(*text) : std::string();
}

std::vector<int> numbered_entries(pid_t process, const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(ProcPath(process, folder).c_str()),
                                                    &::closedir);
  std::vector<int> numbers;
  if (!entries) return numbers;
  while (const dirent* const entry = ::readdir(entries.get())) {
    if (const auto number = parse_number<int>(entry->d_name)) numbers.push_back(*number);
  }
  return numbers;
}

std::vector<pid_t> threads_of(pid_t process) {
  return numbered_entries(process, "task");
}

std::vector<pid_t> processes_below(pid_t root) {
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const pid_t thread : threads_of(found[i])) {
      append_numbers(proc_text(found[i], "task/" + std::to_string(thread) + "/children"), found);
    }
  }
  return found;
}

bool is_traced(pid_t task) {
  return number_in_status(task, "\nTracerPid:\t").value_or(0) != 0;
}

std::optional<pid_t> process_of(pid_t thread) {
  return number_in_status(thread, "\nTgid:\t");
}

}  // namespace hitch
