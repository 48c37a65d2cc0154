// deaf_fuse DIRECTORY PROGRAM [ARG…]: mounts a file system of FUSE on DIRECTORY, whose server takes
// every request and answers none but the first, and becomes PROGRAM. Who touches the file system
// waits in the kernel and cannot be killed, until the server (a child of this) ends. For root, in a
// mount namespace of its own. fuse(4)
#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include <string>

#include "fixture_programs/fixture.h"

namespace {

[[noreturn]] void serve(int device) {
  alignas(8) static char buffer[1 << 17];
  for (;;) {
    const ssize_t n = ::read(device, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) std::_Exit(0);
    fuse_in_header head{};
    std::memcpy(&head, buffer, sizeof head);
    if (head.opcode != FUSE_INIT) continue;
    struct {
      fuse_out_header head;
      fuse_init_out init;
    } answer{};
    answer.head.len = sizeof answer;
    answer.head.unique = head.unique;
    answer.init.major = FUSE_KERNEL_VERSION;
    answer.init.minor = FUSE_KERNEL_MINOR_VERSION;
    answer.init.max_write = 4096;
    if (::write(device, &answer, sizeof answer) < 0) std::_Exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  fixture::require_other_namespace("mnt");
  const int device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) return 77;
  const auto options =
      "fd=" + std::to_string(device) + ",rootmode=40000,user_id=0,group_id=0,allow_other";
  if (::mount("deaf", argv[1], "fuse", 0, options.c_str()) != 0) return 77;
  const pid_t server = ::fork();
  if (server == 0) {
    (void)::prctl(PR_SET_NAME, "deaf_server");
    for (const int fd : {0, 1, 2}) ::close(fd);
    serve(device);
  }
  ::close(device);
  ::execv(argv[2], argv + 2);
  return 127;
}
