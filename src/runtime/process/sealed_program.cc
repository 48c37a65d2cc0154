#include "runtime/process/sealed_program.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <tuple>

namespace hitch {

namespace {

constexpr unsigned kExecutable = 0x10;  // MFD_EXEC of Linux 6.3

/// Older kernels know no such flag, and need none.
UniqueFd memory_file(const char* name) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd file(::memfd_create(name, kFlags | kExecutable));
  if (!file.is_open() && errno == EINVAL) file.reset(::memfd_create(name, kFlags));
  return file;
}

Error failure(const char* action, const std::string& program) {
  return Error::from_errno(errno, action, program);
}

}  // namespace

bool wants_sealed_programs() {
  const char* const wish = std::getenv("HITCH_SEAL_INIT");
  if (wish != nullptr) return std::string_view(wish) == "1";
  utsname machine{};
  int major = 0, minor = 0, patch = 0;
  if (::uname(&machine) != 0 || std::sscanf(static_cast<const char*>(machine.release), "%d.%d.%d",
                                            &major, &minor, &patch) < 2) {
    return false;
  }
  const auto version = std::tuple(major, minor, patch);
  return version >= std::tuple(6, 11, 0) && version < std::tuple(6, 12, 2);
}

Result<UniqueFd> sealed_copy_of(const std::string& program) {
  const UniqueFd source(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!source.is_open() || ::fstat(source.get(), &info) != 0) return failure("open", program);
  const auto slash = program.rfind('/');
  UniqueFd copy = memory_file(program.c_str() + (slash == std::string::npos ? 0 : slash + 1));
  if (!copy.is_open()) {
    return failure("make a copy in memory of", program)
        .with_hint("HITCH_SEAL_INIT=0 runs it from its file");
  }
  for (off_t done = 0; done < info.st_size;) {
    const auto left = static_cast<std::size_t>(info.st_size - done);
    const ssize_t n = ::sendfile(copy.get(), source.get(), &done, left);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failure("copy", program);
  }
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (::fcntl(copy.get(), F_ADD_SEALS, kSeals) != 0) return failure("seal the copy of", program);
  return copy;
}

}  // namespace hitch
