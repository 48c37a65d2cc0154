#include "runtime/supervisor/usage.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "introspect/fd_links.h"
#include "introspect/parsers.h"
#include "introspect/proc_file.h"
#include "runtime/base/text.h"
#include "runtime/ready/members.h"

namespace hitch {

namespace {

constexpr std::size_t kTableLimitBytes = std::size_t{16} << 20;

/// The sockets that listen in the network of a process: inode → port.
std::map<std::uint64_t, int> listening_ports(pid_t pid) {
  std::map<std::uint64_t, int> ports;
  std::string buffer;
  for (const char* name : {"net/tcp", "net/tcp6"}) {
    const auto table = read_proc_file(pid, name, buffer, kTableLimitBytes);
    if (!table) continue;  // no IPv6 here, or the process has gone
    auto text = *table;
    while (!text.empty()) {
      const auto socket = parse_tcp_line(take_line(text));
      if (socket && socket->state == TcpState::kListen) ports[socket->inode] = socket->local.port;
    }
  }
  return ports;
}

void add_times(pid_t pid, ServiceUsage& usage) {
  std::array<char, 2048> buffer;
  const auto text = read_proc_file(pid, "stat", buffer);
  const auto stat = text ? parse_stat(*text) : std::nullopt;
  if (!stat) return;
  usage.cpu_seconds +=
      static_cast<double>(stat->utime + stat->stime) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// The second number of statm: resident pages. proc(5)
void add_memory(pid_t pid, ServiceUsage& usage) {
  std::array<char, 256> buffer;
  const auto text = read_proc_file(pid, "statm", buffer);
  if (!text) return;
  const auto from = text->find(' ');
  if (from == text->npos) return;
  const auto rest = text->substr(from + 1);
  const auto pages = parse_number<std::int64_t>(rest.substr(0, rest.find(' ')));
  if (pages) usage.memory_bytes += *pages * ::sysconf(_SC_PAGESIZE);
}

void add_ports(pid_t pid, const std::map<std::uint64_t, int>& listening, ServiceUsage& usage) {
  (void)visit_fd_links(pid, [&](int, std::string_view link) {
    const auto inode = parse_socket_link(link);
    const auto found = inode ? listening.find(*inode) : listening.end();
    if (found != listening.end()) usage.ports.push_back(found->second);
    return Visit::kGoOn;
  });
}

}  // namespace

BundleUsage::BundleUsage(pid_t init_pid)
    : init_pid_(init_pid), tree_(ProcessTree::scan()), listening_(listening_ports(init_pid)) {}

ServiceUsage BundleUsage::of(pid_t main_pid) const {
  ServiceUsage usage;
  if (!tree_) return usage;
  for (const pid_t pid : processes_of_service(*tree_, init_pid_, main_pid)) {
    add_times(pid, usage);
    add_memory(pid, usage);
    if (!listening_.empty()) add_ports(pid, listening_, usage);
  }
  std::sort(usage.ports.begin(), usage.ports.end());
  usage.ports.erase(std::unique(usage.ports.begin(), usage.ports.end()), usage.ports.end());
  return usage;
}

}  // namespace hitch
