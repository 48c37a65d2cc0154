#include "runtime/probe/remedy.h"

#include <cerrno>
#include <fstream>
#include <string_view>

namespace hitch {

namespace {

std::string first_word_of(const char* file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

/// "2" if a filter is in force for this process already: it is in a container, most likely.
std::string value_in_status(std::string_view key) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const auto at = line.find_first_not_of(":\t ", key.size());
    return at == line.npos ? "" : line.substr(at);
  }
  return "";
}

}  // namespace

std::string remedy_for_namespaces(int err) {
  if (err == ENOSPC) {
    return first_word_of("/proc/sys/user/max_user_namespaces") == "0"
               ? "sysctl -w user.max_user_namespaces=16384"
               : "raise the limits user.max_*_namespaces with sysctl";
  }
  if (err != EPERM && err != EACCES) return "";
  if (first_word_of("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  }
  if (first_word_of("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "sysctl -w kernel.unprivileged_userns_clone=1";
  }
  if (value_in_status("Seccomp") == "2") {
    return "start the container with --security-opt seccomp=unconfined";
  }
  return "look for a security module, or a chroot, that this shell runs in";
}

std::string remedy_for_proc(int err) {
  if (err != EPERM) return remedy_for_namespaces(err);
  return "start the container with --security-opt systempaths=unconfined";
}

}  // namespace hitch
