// Looks at PID 1 of the bundle in every way that would let a service take it over.
#include <dirent.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "fixture_programs/fixture.h"

namespace {

void try_link(const char* name, const char* path) {
  char target[4096];
  fixture::report(name, ::readlink(path, target, sizeof target));
}

void try_read(const char* name, const char* path) {
  char byte = 0;
  const int fd = ::open(path, O_RDONLY);
  const long result = fd < 0 ? -1 : ::read(fd, &byte, 1);
  // Where open succeeds and nothing can be read, nothing has leaked.
  std::printf("%s: %s\n", name, result < 0 ? strerrorname_np(errno) : result == 0 ? "empty" : "ok");
  std::fflush(stdout);
}

/// A listing of numbers alone is no leak: where the caller is root, the kernel gives it away.
void try_descriptors() {
  DIR* descriptors = ::opendir("/proc/1/fd");
  if (descriptors == nullptr) return fixture::report("fd", -1);
  long result = -1;
  errno = EACCES;
  while (const dirent* entry = ::readdir(descriptors)) {
    char target[256];
    if (entry->d_name[0] == '.') continue;
    if (::readlinkat(::dirfd(descriptors), entry->d_name, target, sizeof target) >= 0) result = 0;
  }
  ::closedir(descriptors);
  fixture::report("fd", result);
}

}  // namespace

int main() {
  fixture::report("ptrace_attach", ::ptrace(PTRACE_ATTACH, 1, nullptr, nullptr));
  fixture::report("ptrace_seize", ::ptrace(PTRACE_SEIZE, 1, nullptr, nullptr));
  fixture::report("mem_write", ::open("/proc/1/mem", O_RDWR));
  try_read("environ", "/proc/1/environ");
  try_link("root", "/proc/1/root");
  try_link("exe", "/proc/1/exe");
  try_link("cwd", "/proc/1/cwd");
  fixture::report("exe_write", ::open("/proc/1/exe", O_RDWR));
  try_descriptors();
  char byte = 0;
  iovec local{&byte, 1}, remote{reinterpret_cast<void*>(0x400000), 1};
  fixture::report("process_vm_readv", ::process_vm_readv(1, &local, 1, &remote, 1, 0));
  fixture::report("process_vm_writev", ::process_vm_writev(1, &local, 1, &remote, 1, 0));
  const long pidfd = ::syscall(SYS_pidfd_open, 1, 0);
  fixture::report("pidfd_getfd",
                  pidfd < 0 ? -1 : ::syscall(SYS_pidfd_getfd, static_cast<int>(pidfd), 0, 0));
  return 0;
}
