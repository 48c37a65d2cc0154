#include "runtime/clock/task_memory.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace hitch {

namespace {

std::string proc_path(pid_t tid, const char* file) {
  return "/proc/" + std::to_string(tid) + '/' + file;
}

iovec remote_part(std::uint64_t address, std::size_t length) noexcept {
  return {reinterpret_cast<void*>(address), length};  // NOLINT: an address of another process
}

int copied(ssize_t n, std::size_t wanted) noexcept {
  if (n < 0) return errno;
  return static_cast<std::size_t>(n) == wanted ? 0 : EFAULT;
}

}  // namespace

Result<TaskMemory> TaskMemory::open(pid_t tid) {
  const auto path = proc_path(tid, "mem");
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.is_open()) return Error::from_errno(errno, "open", path);
  return TaskMemory(std::move(fd));
}

int TaskMemory::read(std::uint64_t address, std::span<std::byte> out) const noexcept {
  return copied(::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(address)),
                out.size());
}

int TaskMemory::write(std::uint64_t address, std::span<const std::byte> bytes) const noexcept {
  return copied(::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(address)),
                bytes.size());
}

int copy_from_task(pid_t tid, std::uint64_t address, std::span<std::byte> out) noexcept {
  const iovec here{out.data(), out.size()}, there = remote_part(address, out.size());
  return copied(::process_vm_readv(tid, &here, 1, &there, 1, 0), out.size());
}

int copy_from_task(pid_t tid, std::uint64_t first_address, std::span<std::byte> first,
                   std::uint64_t second_address, std::span<std::byte> second) noexcept {
  const std::array here{iovec{first.data(), first.size()}, iovec{second.data(), second.size()}};
  const std::array there{remote_part(first_address, first.size()),
                         remote_part(second_address, second.size())};
  return copied(::process_vm_readv(tid, here.data(), here.size(), there.data(), there.size(), 0),
                first.size() + second.size());
}

int copy_to_task(pid_t tid, std::uint64_t address, std::span<const std::byte> bytes) noexcept {
  const iovec here{const_cast<std::byte*>(bytes.data()), bytes.size()},
      there = remote_part(address, bytes.size());
  return copied(::process_vm_writev(tid, &here, 1, &there, 1, 0), bytes.size());
}

std::optional<std::uint64_t> vdso_address(pid_t tid) noexcept {
  const UniqueFd fd(::open(proc_path(tid, "auxv").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return std::nullopt;
  std::array<Elf64_auxv_t, 64> entries{};
  const ssize_t n = ::read(fd.get(), entries.data(), sizeof entries);
  if (n < 0) return std::nullopt;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n) / sizeof entries[0]; ++i) {
    if (entries[i].a_type == AT_SYSINFO_EHDR) return entries[i].a_un.a_val;
  }
  errno = ENOENT;
  return std::nullopt;
}

}  // namespace hitch
