// Run by the build: prints the filter of a profile as the initialisers of an array of struct
// sock_filter.

#include <linux/filter.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/namespaces/seccomp.h"

namespace hitch {
namespace {

Status print_program(const char* profile) {
  std::ifstream text(profile);
  if (!text) return Error::from_errno(errno, "open", profile);
  const std::string json{std::istreambuf_iterator<char>(text), {}};
  HITCH_TRY(const auto filter, filter_of_profile(json));
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

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto status = hitch::print_program(argv[1]);
  if (!status) std::fprintf(stderr, "deny_list_compiler: %s\n", status.error().message().c_str());
  return status ? 0 : 1;
}
