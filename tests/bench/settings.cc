#include "bench/settings.h"

#include <sys/stat.h>

#include <cstdlib>
#include <sstream>

namespace hitch::bench {

namespace fs = std::filesystem;

fs::path make_bundle(const Settings& settings, const std::string& name,
                     const std::string& content) {
  const fs::path directory = settings.disk / "bundles" / name;
  write_file(directory / "hitch.yaml", content);
  return directory;
}

std::string services_that_print(const Settings& settings, int count) {
  std::string text = "services:\n";
  for (int i = 1; i <= count; ++i) {
    text += "  S" + std::to_string(i) + ": {command: [" + settings.fixture("echo_lines") +
            ", --text, up, --stay], ready: {log: up}}\n";
  }
  return text;
}

Command hitch_run(const Settings& settings, const fs::path& bundle,
                  const std::vector<std::string>& words) {
  Command command{.argv = {settings.hitch, "run"}, .directory = bundle};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  return command;
}

std::string list_services(const Settings& settings, const fs::path& bundle) {
  return output_of({.argv = {settings.hitch, "ps", "--format", "json"}, .directory = bundle});
}

Command unshare_run(const std::vector<std::string>& program) {
  Command command{.argv = {"unshare", "--user", "--map-root-user", "--pid", "--mount", "--uts",
                           "--ipc", "--net", "--cgroup", "--time", "--mount-proc", "--fork"}};
  command.argv.insert(command.argv.end(), program.begin(), program.end());
  return command;
}

Command bwrap_run(const std::vector<std::string>& program) {
  Command command{.argv = {"bwrap", "--unshare-all", "--bind", "/", "/", "--proc", "/proc"}};
  command.argv.insert(command.argv.end(), program.begin(), program.end());
  return command;
}

void put_state_into(const fs::path& base) {
  (void)::setenv("XDG_STATE_HOME", (base / "state").c_str(), 1);
}

std::uintmax_t take_log_size(const fs::path& base) {
  std::uintmax_t size = 0;
  for (const auto& run : fs::directory_iterator(base / "state/hitch/runs")) {
    size += fs::file_size(run.path() / "log");
    fs::remove_all(run.path());
  }
  return size;
}

std::string file_system_of(const fs::path& path) {
  struct stat info {};
  (void)::stat(path.c_str(), &info);
  const std::string device =
      std::to_string(info.st_dev >> 8 & 0xfff) + ':' + std::to_string(info.st_dev & 0xff);
  std::istringstream mounts(read_file("/proc/self/mountinfo"));
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string number, parent, id, word;
    fields >> number >> parent >> id;
    if (id != device) continue;
    while (fields >> word && word != "-") {
    }
    fields >> word;
    return word;
  }
  return "unknown";
}

}  // namespace hitch::bench
