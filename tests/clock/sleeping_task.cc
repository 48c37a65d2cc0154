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

bool sleeps(pid_t process) {
  if (state_of(process) != 'S') return false;
  const auto where = word_of(process, "wchan", 1);
  return where.find("seccomp") == where.npos && where.find("ptrace") == where.npos &&
         state_of(process) == 'S';
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

}  // namespace hitch::testing
