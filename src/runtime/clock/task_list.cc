#include "runtime/clock/task_list.h"

#include <dirent.h>
#include <fcntl.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "runtime/base/fd.h"
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

std::string proc_folder(pid_t process) {
  return "/proc/" + std::to_string(process);
}

}  // namespace

std::string read_proc_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = ::read(fd.get(), piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
  return text;
}

std::vector<int> numbered_entries(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(folder.c_str()), &::closedir);
  std::vector<int> numbers;
  if (!entries) return numbers;
  while (const dirent* const entry = ::readdir(entries.get())) {
    if (const auto number = parse_number<int>(entry->d_name)) numbers.push_back(*number);
  }
  return numbers;
}

std::vector<pid_t> threads_of(pid_t process) {
  return numbered_entries(proc_folder(process) + "/task");
}

std::vector<pid_t> processes_below(pid_t root) {
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string tasks = proc_folder(found[i]) + "/task/";
    for (const pid_t thread : threads_of(found[i])) {
      append_numbers(read_proc_file(tasks + std::to_string(thread) + "/children"), found);
    }
  }
  return found;
}

std::optional<pid_t> process_of(pid_t thread) {
  const std::string status = read_proc_file(proc_folder(thread) + "/status");
  constexpr std::string_view kKey = "\nTgid:\t";
  const auto at = status.find(kKey);
  if (at == status.npos) return std::nullopt;
  const auto first = at + kKey.size();
  return parse_number<pid_t>(
      std::string_view(status).substr(first, status.find('\n', first) - first));
}

}  // namespace hitch
