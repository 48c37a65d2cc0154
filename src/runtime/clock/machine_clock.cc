#include "runtime/clock/machine_clock.h"

#include <charconv>
#include <string>

#include "runtime/clock/task_list.h"

namespace hitch {

bool keeps_machine_clock(pid_t task) {
  const std::string text = proc_text(task, "personality");
  std::uint32_t persona = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), persona, 16);
  return read.ec == std::errc() && (persona & kMachineClockPersona) != 0;
}

std::vector<pid_t> without_machine_clock(std::vector<pid_t> processes) {
  std::erase_if(processes, keeps_machine_clock);
  return processes;
}

}  // namespace hitch
