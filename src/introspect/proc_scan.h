#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "introspect/parsers.h"
#include "runtime/base/fd.h"

namespace hitch {

/// All of /proc, gone over once.
class ProcScan {
 public:
  /// @return an Error if /proc cannot be opened
  static Result<ProcScan> open();

  /// Shows the stat of each process that the caller can see. One that ends meanwhile is left out.
  /// @param visit  its names are borrowed, and gone when it returns
  Status visit_stats(const std::function<void(const ProcStat&)>& visit) const;
  /// Reads the beginning of a file below /proc/<pid>.
  /// @return bytes read; empty if it cannot be read
  std::string_view read(pid_t pid, std::string_view name, std::span<char> buffer) const;

 private:
  explicit ProcScan(UniqueFd fd) : fd_(std::move(fd)) {}
  std::string_view read_at(const char* path, std::span<char> buffer) const;

  UniqueFd fd_;
};

}  // namespace hitch
