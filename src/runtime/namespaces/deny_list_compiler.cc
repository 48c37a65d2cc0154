// Run by the build: prints the default system call filter as the initialisers of an array of
// struct sock_filter.

#include <linux/filter.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

#include "runtime/base/fd.h"
#include "runtime/namespaces/seccomp.h"

namespace hitch {
namespace {

Status print_program() {
  HITCH_TRY(const auto filter, default_deny_list());
  const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
  if (!file.is_open()) return Error::from_errno(errno, "create a memory file");
  HITCH_CHECK(filter.export_program(file.get()));
  sock_filter instruction{};
  for (off_t at = 0; ::pread(file.get(), &instruction, sizeof instruction, at) ==
                     static_cast<ssize_t>(sizeof instruction);
       at += static_cast<off_t>(sizeof instruction)) {
    std::printf("{%u, %u, %u, %uU},\n", unsigned{instruction.code}, unsigned{instruction.jt},
                unsigned{instruction.jf}, instruction.k);
  }
  return Done{};
}

}  // namespace
}  // namespace hitch

int main() {
  const auto status = hitch::print_program();
  if (!status) std::fprintf(stderr, "deny_list_compiler: %s\n", status.error().message().c_str());
  return status ? 0 : 1;
}
