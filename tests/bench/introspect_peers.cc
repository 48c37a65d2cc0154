#include "bench/introspect_peers.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cstring>

namespace hitch::bench {

namespace {

constexpr const char* kScript = R"(
import sys, time, psutil
known = {}
names = sorted(psutil._as_dict_attrnames - {'memory_maps', 'memory_full_info'})
local = [name for name in names if name != 'connections']
row = ['pid', 'ppid', 'name', 'status', 'cpu_times', 'memory_info', 'num_threads', 'nice', 'create_time']
table = {
  'as_dict': lambda p: p.as_dict(names),
  'as_dict_local': lambda p: p.as_dict(local),
  'cpu_times': lambda p: p.cpu_times(),
  'children': lambda p: p.children(recursive=True),
  'connections': lambda p: p.connections(),
  'memory_maps': lambda p: p.memory_maps(),
  'snapshot': lambda p: [c.as_dict(row) for c in p.children(recursive=True)],
}
print('ready', flush=True)
for line in sys.stdin:
  what, pid = line.split()
  process = known.setdefault(int(pid), psutil.Process(int(pid)))
  began = time.perf_counter()
  table[what](process)
  print((time.perf_counter() - began) * 1e6, flush=True)
)";

std::array<char, 1 << 16> scratch;

void read_whole(const char* path) {
  const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  while (::read(fd.get(), scratch.data(), scratch.size()) > 0) {
  }
}

void read_directory(const char* path) {
  const UniqueFd fd(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  while (::syscall(SYS_getdents64, fd.get(), scratch.data(), scratch.size()) > 0) {
  }
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) throw BenchError("cannot read " + path);
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  (void)::closedir(directory);
  return names;
}

/// Until the answer has ended.
void drain(int socket) {
  for (;;) {
    const auto n = ::recv(socket, scratch.data(), scratch.size(), 0);
    if (n < static_cast<ssize_t>(sizeof(nlmsghdr))) throw BenchError("no answer over netlink");
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= static_cast<std::size_t>(n);) {
      nlmsghdr header;
      std::memcpy(&header, scratch.data() + at, sizeof header);
      if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return;
      at += NLMSG_ALIGN(header.nlmsg_len);
    }
  }
}

/// The three questions that hitch asks too: TCP, and UDP of both families.
void ask_for_all_sockets() {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  constexpr unsigned kStates = 0x1ffe;
  struct {
    nlmsghdr header;
    inet_diag_req question;
  } tcp{};
  tcp.header = {sizeof tcp, TCPDIAG_GETSOCK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0};
  tcp.question.idiag_states = kStates;
  (void)::send(socket.get(), &tcp, sizeof tcp, 0);
  drain(socket.get());
  for (const int family : {AF_INET, AF_INET6}) {
    struct {
      nlmsghdr header;
      inet_diag_req_v2 question;
    } udp{};
    udp.header = {sizeof udp, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0};
    udp.question.sdiag_family = static_cast<std::uint8_t>(family);
    udp.question.sdiag_protocol = IPPROTO_UDP;
    udp.question.idiag_states = kStates;
    (void)::send(socket.get(), &udp, sizeof udp, 0);
    drain(socket.get());
  }
}

/// In the child: opens the sockets, says so, and stays.
[[noreturn]] void hold_sockets(int count, int ready) {
  rlimit limit{};
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  bool good = ::bind(server, any, size) == 0 && ::listen(server, 1) == 0 &&
              ::getsockname(server, any, &size) == 0;
  for (int made = 1; good && made < count; made += 2) {
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    good = ::connect(client, any, size) == 0 && ::accept(server, nullptr, nullptr) >= 0;
  }
  (void)!::write(ready, good ? "y" : "n", 1);
  for (;;) (void)::pause();
}

}  // namespace

PsutilPeer::PsutilPeer()
    : questions_(make_pipe()),
      program_(Watched::start(
          {.argv = {"/usr/bin/python3", "-c", kScript}, .in = questions_.read_end.get()})) {
  program_.read_until("ready\n");
}

double PsutilPeer::time(const std::string& what, pid_t pid) {
  const auto question = what + ' ' + std::to_string(pid) + '\n';
  (void)!::write(questions_.write_end.get(), question.data(), question.size());
  return std::stod(program_.read_until("\n"));
}

BareFiles BareFiles::of_process(pid_t pid) {
  const std::string home = "/proc/" + std::to_string(pid) + '/';
  BareFiles bare;
  for (const char* name : {"stat", "status", "statm", "io", "cmdline", "environ"}) {
    bare.files.push_back(home + name);
  }
  bare.links = {home + "cwd", home + "exe"};
  bare.directories = {home + "fd", home + "task"};
  bare.asks_for_sockets = true;
  for (const auto& name : names_in(home + "fd")) {
    bare.links.push_back(home + "fd/" + name);
    struct stat status {};
    (void)::stat(bare.links.back().c_str(), &status);
    if (S_ISREG(status.st_mode)) bare.files.push_back(home + "fdinfo/" + name);
  }
  for (const auto& name : names_in(home + "task")) {
    bare.files.push_back(home + "task/" + name + "/stat");
  }
  return bare;
}

void BareFiles::read() const {
  for (const auto& directory : directories) read_directory(directory.c_str());
  for (const auto& file : files) read_whole(file.c_str());
  for (const auto& link : links) {
    (void)!::readlink(link.c_str(), scratch.data(), scratch.size());
  }
  if (asks_for_sockets) ask_for_all_sockets();
}

void read_all_processes(const std::vector<pid_t>& below) {
  DIR* directory = ::opendir("/proc");
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    const auto path = "/proc/" + std::string(entry->d_name) + "/stat";
    read_whole(path.c_str());
  }
  (void)::closedir(directory);
  for (const pid_t pid : below) {
    read_whole(("/proc/" + std::to_string(pid) + "/status").c_str());
  }
}

ManySockets::ManySockets(int count) {
  const auto ready = make_pipe();
  pid_ = ::fork();
  if (pid_ == 0) hold_sockets(count, ready.write_end.get());
  char answer = 'n';
  if (pid_ < 0 || ::read(ready.read_end.get(), &answer, 1) != 1 || answer != 'y') {
    throw BenchError("cannot open " + std::to_string(count) + " sockets");
  }
}

ManySockets::~ManySockets() {
  if (pid_ <= 0) return;
  (void)::kill(pid_, SIGKILL);
  (void)::waitpid(pid_, nullptr, 0);
}

}  // namespace hitch::bench
