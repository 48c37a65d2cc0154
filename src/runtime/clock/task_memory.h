#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>

#include "runtime/base/fd.h"

namespace hitch {

/// The memory of another task, to be read and written whatever its protection: a page that is not
/// its own becomes its own. The descriptor means the program that ran when it was opened, never one
/// that got the same number later. /proc/PID/mem in proc(5)
class TaskMemory {
 public:
  static Result<TaskMemory> open(pid_t tid);

  /// @return 0 or errno; EFAULT if not all of it is mapped
  int read(std::uint64_t address, std::span<std::byte> out) const noexcept;
  int write(std::uint64_t address, std::span<const std::byte> bytes) const noexcept;
  template <typename T>
  int write_value(std::uint64_t address, const T& value) const noexcept {
    return write(address, std::as_bytes(std::span(&value, 1)));
  }

 private:
  explicit TaskMemory(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// Copies from and to another task as the kernel would do it for a system call: respects the
/// protection of its memory. process_vm_readv(2)
/// @return 0 or errno
int copy_from_task(pid_t tid, std::uint64_t address, std::span<std::byte> out) noexcept;
/// From two places at once.
int copy_from_task(pid_t tid, std::uint64_t first_address, std::span<std::byte> first,
                   std::uint64_t second_address, std::span<std::byte> second) noexcept;
int copy_to_task(pid_t tid, std::uint64_t address, std::span<const std::byte> bytes) noexcept;

/// Where the kernel has mapped the vDSO of a task; nothing if that cannot be read, errno says why:
/// ENOENT if it has none. getauxval(3)
std::optional<std::uint64_t> vdso_address(pid_t tid) noexcept;

}  // namespace hitch
