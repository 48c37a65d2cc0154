#include "runtime/namespaces/hosts.h"

#include <vector>

namespace hitch {

namespace {

/// Field `index` of a line whose fields are separated by colons.
std::string_view field(std::string_view line, int index) {
  for (; index > 0; --index) {
    const auto colon = line.find(':');
    if (colon == line.npos) return {};
    line.remove_prefix(colon + 1);
  }
  return line.substr(0, line.find(':'));
}

/// `file` without the lines that have this name or id (third field), after `own`.
std::string replace_entry(std::string_view file, std::string_view name, unsigned id,
                          std::string own) {
  const std::string number = std::to_string(id);
  while (!file.empty()) {
    const auto end = file.find('\n');
    const auto line = file.substr(0, end);
    if (!line.empty() && field(line, 0) != name && field(line, 2) != number) {
      own.append(line) += '\n';
    }
    if (end == file.npos) break;
    file.remove_prefix(end + 1);
  }
  return own;
}

}  // namespace

std::string hosts_file(std::string_view hostname, std::span<const std::string> services) {
  std::string text = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";
  text += "127.0.0.1 " + std::string(hostname) + '\n';
  for (const auto& service : services) text += "127.0.0.1 " + service + '\n';
  return text;
}

std::string passwd_file(std::string_view host_file, std::string_view user, const IdMap& ids,
                        std::string_view home) {
  const std::string own = std::string(user) + ":x:" + std::to_string(ids.inside_uid) + ':' +
                          std::to_string(ids.inside_gid) + ":hitch:" + std::string(home) +
                          ":/bin/sh\n";
  return replace_entry(host_file, user, ids.inside_uid, own);
}

std::string group_file(std::string_view host_file, std::string_view group, const IdMap& ids) {
  const std::string own = std::string(group) + ":x:" + std::to_string(ids.inside_gid) + ":\n";
  return replace_entry(host_file, group, ids.inside_gid, own);
}

}  // namespace hitch
