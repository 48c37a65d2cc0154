#include "clock/sleeping_task.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "clock/clocked_program.h"

namespace hitch::testing {

namespace {

std::string word_of(pid_t process, const char* file, int which) {
  std::ifstream in("/proc/" + std::to_string(process) + '/' + file);
  std::string word;
  for (int i = 0; i < which; ++i) in >> word;
  return in ? word : "";
}

/// 'S' and the like; 'Z' if it is gone. proc_pid_stat(5)
char state_of(pid_t process) {
  const auto word = word_of(process, "stat", 3);
  return word.empty() ? 'Z' : word[0];
}

/// Where in the kernel a task sleeps; empty if it does not. Read twice, as it may be woken and
/// sleep elsewhere between two readings. wchan in proc(5)
std::string sleeps_in(pid_t process) {
  const auto first = word_of(process, "wchan", 1);
  if (first == "0" || state_of(process) != 'S') return "";
  return word_of(process, "wchan", 1) == first ? first : "";
}

bool sleeps(pid_t process) {
  const auto where = sleeps_in(process);
  return !where.empty() && where.find("seccomp") == where.npos &&
         where.find("ptrace") == where.npos;
}

}  // namespace

void until_it_sleeps(pid_t process) {
  const auto deadline = Deadline::in(kPatience);
  while (!deadline.passed()) {
    if (sleeps(process)) return;
  }
  ADD_FAILURE() << "the program does not wait";
}

bool ends_or_sleeps(pid_t process) {
  const auto deadline = Deadline::in(kPatience);
  while (!deadline.passed()) {
    if (state_of(process) == 'Z') return true;
    if (sleeps(process)) return false;
  }
  ADD_FAILURE() << "the program neither ends nor waits";
  return false;
}

void until_a_child_is_held(pid_t process) {
  const std::string children =
      "/proc/" + std::to_string(process) + "/task/" + std::to_string(process) + "/children";
  const auto deadline = Deadline::in(kPatience);
  while (!deadline.passed()) {
    std::ifstream in(children);
    for (pid_t child = 0; in >> child;) {
      if (sleeps_in(child).find("seccomp") != std::string::npos) return;
    }
  }
  ADD_FAILURE() << "no child is held";
}

}  // namespace hitch::testing
