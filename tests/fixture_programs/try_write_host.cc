// Tries to write to the host: files of the system, the kernel's settings, sysfs. What it would
// write over a setting is what it has read there.
#include <fcntl.h>
#include <sys/stat.h>

#include <string>

#include "fixture_programs/fixture.h"

namespace {

void try_create(const char* name, const std::string& directory) {
  const std::string path = directory + "/hitch-try-write-host";
  const int fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  fixture::report(name, fd);
  if (fd >= 0) ::unlink(path.c_str());
}

void try_write_back(const char* name, const char* path) {
  char old[4096];
  const int reader = ::open(path, O_RDONLY | O_CLOEXEC);
  const ssize_t size = reader < 0 ? 0 : ::read(reader, old, sizeof old);
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || size <= 0) return fixture::report(name, fd);
  fixture::report(name, ::write(fd, old, static_cast<std::size_t>(size)));
}

}  // namespace

int main(int argc, char** argv) {
  try_create("create_root", "");
  try_create("create_etc", "/etc");
  try_create("create_usr", "/usr");
  try_create("create_var", "/var");
  try_create("create_sys", "/sys");
  try_create("create_proc", "/proc");
  fixture::report("chmod_etc", ::chmod("/etc/passwd", 0644));
  try_write_back("core_pattern", "/proc/sys/kernel/core_pattern");
  try_write_back("hostname", "/proc/sys/kernel/hostname");
  try_write_back("sysrq_trigger", "/proc/sysrq-trigger");
  try_write_back("max_user_namespaces", "/proc/sys/user/max_user_namespaces");
  try_write_back("sys_uevent", "/sys/kernel/uevent_seqnum");
  for (int i = 1; i < argc; ++i) try_create(argv[i], argv[i]);
  return 0;
}
