// Issues the system calls that no test service needs, with harmless arguments.
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/quota.h>
#include <linux/reboot.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "fixture_programs/fixture.h"

namespace {

template <typename... Arguments>
void try_call(const char* name, long number, Arguments... arguments) {
  fixture::report(name, ::syscall(number, arguments...));
}

void try_keys() {
  try_call("add_key", SYS_add_key, "user", "hitch", "x", 1, KEY_SPEC_PROCESS_KEYRING);
  try_call("request_key", SYS_request_key, "user", "hitch", nullptr, 0);
  try_call("keyctl", SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

void try_kernel_interfaces() {
  try_call("bpf", SYS_bpf, 0, nullptr, 0);
  try_call("userfaultfd", SYS_userfaultfd, O_CLOEXEC);
  try_call("perf_event_open", SYS_perf_event_open, nullptr, 0, -1, -1, 0);
  try_call("io_uring_setup", SYS_io_uring_setup, 1, nullptr);
  try_call("open_by_handle_at", SYS_open_by_handle_at, AT_FDCWD, nullptr, 0);
  try_call("kexec_load", SYS_kexec_load, 0, 0, nullptr, 0);
  try_call("init_module", SYS_init_module, nullptr, 0, "");
  try_call("finit_module", SYS_finit_module, -1, "", 0);
  try_call("delete_module", SYS_delete_module, "no_such_module", 0);
}

void try_administration() {
  try_call("reboot", SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0, nullptr);
  try_call("swapon", SYS_swapon, "/nonexistent", 0);
  try_call("swapoff", SYS_swapoff, "/nonexistent");
  try_call("acct", SYS_acct, "/nonexistent");
  try_call("quotactl", SYS_quotactl, QCMD(Q_SYNC, USRQUOTA), nullptr, 0, nullptr);
  try_call("syslog", SYS_syslog, 3, nullptr, 0);
  try_call("settimeofday", SYS_settimeofday, nullptr, nullptr);
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  try_call("clock_settime", SYS_clock_settime, CLOCK_MONOTONIC, &now);
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  try_call("sethostname", SYS_sethostname, name, std::strlen(name));
  try_call("setns", SYS_setns, ::open("/proc/self/ns/net", O_RDONLY), 0);
#ifdef SYS_iopl
  try_call("iopl", SYS_iopl, 3);
#endif
}

}  // namespace

int main() {
  try_keys();
  try_kernel_interfaces();
  try_administration();
  try_call("personality", SYS_personality, READ_IMPLIES_EXEC);
  fixture::report("socket_alg", ::socket(38 /* AF_ALG */, SOCK_SEQPACKET, 0));
  fixture::report("socket_vsock", ::socket(AF_VSOCK, SOCK_STREAM, 0));
  fixture::report("socket_raw", ::socket(AF_INET, SOCK_RAW, 1));
  return 0;
}
