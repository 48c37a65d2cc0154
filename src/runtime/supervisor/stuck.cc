#include "runtime/supervisor/stuck.h"

#include <fstream>
#include <vector>

#include "introspect/tree.h"

namespace hitch {

namespace {

constexpr std::size_t kMostNamed = 3;

std::string first_line(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

/// @return empty if it has ended by now
std::string describe(pid_t pid) {
  const auto directory = "/proc/" + std::to_string(pid);
  const auto stat = first_line(directory + "/stat");
  const auto open = stat.find('('), close = stat.rfind(')');
  if (close == std::string::npos || close + 2 >= stat.size()) return {};
  const char state = stat[close + 2];
  if (state == 'Z' || state == 'X') return {};
  auto text = stat.substr(open + 1, close - open - 1) + " (pid " + std::to_string(pid) +
              ") in state " + state;
  const auto where = first_line(directory + "/wchan");  // "0": not for everybody to know. proc(5)
  if (!where.empty() && where != "0") text += " in " + where;
  return text;
}

}  // namespace

std::string what_is_stuck(pid_t init) {
  const auto tree = ProcessTree::scan();
  if (!tree) return {};
  std::string text;
  std::size_t count = 0;
  for (const auto& process : tree->descendants_of(init)) {
    const auto one = describe(process.pid);
    if (one.empty() || ++count > kMostNamed) continue;
    text += (text.empty() ? "" : ", ") + one;
  }
  return count > kMostNamed ? text + ", …" : text;
}

}  // namespace hitch
