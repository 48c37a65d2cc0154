#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bench/command.h"

namespace hitch::bench {

/// Debian's psutil in a Python process that stays, asked again and again.
class PsutilPeer {
 public:
  PsutilPeer();
  /// @param what  a name in the table of its script
  /// @return microseconds, as it has measured them itself
  double time(const std::string& what, pid_t pid);

 private:
  Pipe questions_;
  Watched program_;
};

/// The files that an answer is made of, opened, read and closed, and nothing else.
struct BareFiles {
  std::vector<std::string> files, links, directories;
  bool asks_for_sockets = false;  ///< of IP, over netlink

  /// What Process::as_dict() reads, but for memory_maps and memory_full_info.
  static BareFiles of_process(pid_t pid);
  void read() const;
};

/// All of /proc with each process's stat, and the status of those below `root`, if there is one.
void read_all_processes(const std::vector<pid_t>& below);

/// A process with this many TCP sockets, connected in pairs.
class ManySockets {
 public:
  explicit ManySockets(int count);
  ManySockets(const ManySockets&) = delete;
  ManySockets& operator=(const ManySockets&) = delete;
  ~ManySockets();
  pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
};

}  // namespace hitch::bench
