#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "introspect/process_types.h"

namespace hitch::introspect {

// Parsers of the small files of /proc/<pid>, apart from stat. They accept any bytes.

/// What /proc/<pid>/status has that stat does not. proc_pid_status(5)
struct ProcStatus {
  Ids<uid_t> uids;
  Ids<gid_t> gids;
  CtxSwitches switches;
};

/// @return nothing if the ids or the context switches are missing or no numbers
std::optional<ProcStatus> parse_status(std::string_view text) noexcept;

/// The pid of a process in its own pid namespace: the last one of NSpid in /proc/<pid>/status.
/// @return 0 if there is none: a kernel before 4.1, or a text that has been cut
pid_t inner_pid_in(std::string_view status) noexcept;

/// /proc/<pid>/io, in whatever order. proc_pid_io(5)
/// @return nothing if one of the six is missing
std::optional<IoCounters> parse_io(std::string_view text) noexcept;

/// /proc/<pid>/statm, whose numbers are pages. proc_pid_statm(5)
/// @param page_bytes  size of a page
std::optional<MemoryInfo> parse_statm(std::string_view line, std::uint64_t page_bytes) noexcept;

/// /proc/<pid>/cmdline. A program that has overwritten it with a text of its own separates words by
/// blanks. proc_pid_cmdline(5)
std::vector<std::string> split_cmdline(std::string_view text);

/// /proc/<pid>/environ: what has a '=' behind its first byte, up to the first empty entry. Of a
/// name that is there twice the last one counts. proc_pid_environ(5)
std::map<std::string, std::string> split_environ(std::string_view text);

/// The beginning of /proc/<pid>/fdinfo/<fd>. proc_pid_fdinfo(5)
struct FdInfo {
  std::int64_t position = 0;
  int flags = 0;  ///< of open(2)
};
std::optional<FdInfo> parse_fdinfo(std::string_view text) noexcept;

/// How a file was opened, as fopen(3) writes it: "r", "w", "a", "r+", "a+".
std::string_view mode_of(int flags) noexcept;

/// "disk-sleep" for 'D': psutil's word for a state; "?" for one that it has no word for.
std::string_view status_word(char state) noexcept;

}  // namespace hitch::introspect
