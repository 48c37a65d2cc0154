// without_users COMMAND [ARG…]: becomes COMMAND where user namespaces are switched off, as root of
// a user namespace that has every id as it is: the limit is that namespace's alone. For root.
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "fixture_programs/fixture.h"

namespace {

bool write_to(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return written;
}

/// A map of many ids is for somebody outside to write. user_namespaces(7)
bool write_maps(pid_t pid) {
  const std::string all = "0 0 65536\n", directory = "/proc/" + std::to_string(pid) + '/';
  return write_to(directory + "uid_map", all) && write_to(directory + "gid_map", all);
}

}  // namespace

int main(int argc, char** argv) {
  int unshared[2];
  if (argc < 2 || ::pipe2(unshared, O_CLOEXEC) != 0) return 2;
  const pid_t helper = ::fork();
  if (helper == 0) {
    char byte = 0;
    const bool done = ::read(unshared[0], &byte, 1) == 1 && write_maps(::getppid());
    return done ? 0 : 1;
  }
  int status = 0;
  if (::unshare(CLONE_NEWUSER) != 0 || ::write(unshared[1], "x", 1) != 1 ||
      ::waitpid(helper, &status, 0) != helper || status != 0) {
    return 77;
  }
  // The ids are the same; what matters is that this process may have them.
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) return 77;
  if (!write_to("/proc/sys/user/max_user_namespaces", "0")) return 77;
  ::execv(argv[1], argv + 1);
  return 127;
}
