#include "runtime/namespaces/seccomp.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace hitch {

namespace {

/// What a test service never needs and what has been a way out of sandboxes before: keys and bpf
/// are not namespaced, mounts and namespaces open large parts of the kernel, the rest is for
/// administrators.
constexpr std::array kDenied{"keyctl",
                             "add_key",
                             "request_key",
                             "bpf",
                             "userfaultfd",
                             "perf_event_open",
                             "io_uring_setup",
                             "io_uring_enter",
                             "io_uring_register",
                             "open_by_handle_at",
                             "kexec_load",
                             "kexec_file_load",
                             "init_module",
                             "finit_module",
                             "delete_module",
                             "reboot",
                             "swapon",
                             "swapoff",
                             "acct",
                             "quotactl",
                             "syslog",
                             "settimeofday",
                             "clock_settime",
                             "iopl",
                             "ioperm",
                             "mount",
                             "umount2",
                             "pivot_root",
                             "open_tree",
                             "move_mount",
                             "fsopen",
                             "fsconfig",
                             "fsmount",
                             "fspick",
                             "mount_setattr",
                             "setns",
                             "process_vm_writev",
                             "pidfd_getfd",
                             "nfsservctl",
                             "vhangup",
                             "lookup_dcookie",
                             "move_pages"};
constexpr std::array<std::uint64_t, 8> kNamespaceFlags{
    CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET,
    CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP, 0x80 /* CLONE_NEWTIME, of unshare only */};
constexpr std::uint32_t kTiocsti = 0x5412, kTioclinux = 0x541c;

}  // namespace

Result<SeccompFilter> SeccompFilter::allow_all() {
  const scmp_filter_ctx context = ::seccomp_init(SCMP_ACT_ALLOW);
  if (context == nullptr) return Error::because("cannot create a system call filter");
  SeccompFilter filter(context);
  // A binary tree instead of a list: quicker to load, and quicker at each call.
  if (const int rc = ::seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2); rc != 0) {
    return Error::from_errno(-rc, "optimize a system call filter");
  }
  if (::seccomp_arch_native() == SCMP_ARCH_X86_64) {
    for (const auto arch : {std::uint32_t{SCMP_ARCH_X86}, std::uint32_t{SCMP_ARCH_X32}}) {
      if (const int rc = ::seccomp_arch_add(context, arch); rc != 0) {
        return Error::from_errno(-rc, "add an architecture to a system call filter");
      }
    }
  }
  return filter;
}

Status SeccompFilter::add(const std::string& name, int err, unsigned count,
                          const scmp_arg_cmp& condition) {
  const int number = ::seccomp_syscall_resolve_name(name.c_str());
  if (number == __NR_SCMP_ERROR) return Error::because("unknown system call '" + name + "'");
  const auto action = SCMP_ACT_ERRNO(static_cast<std::uint32_t>(err));
  const int rc = ::seccomp_rule_add_array(context_.get(), action, number, count, &condition);
  if (rc != 0) return Error::from_errno(-rc, "deny system call", name);
  return Done{};
}

Status SeccompFilter::deny(const std::string& name, int err) {
  return add(name, err, 0, {});
}

Status SeccompFilter::deny_with_bits(const std::string& name, unsigned argument, std::uint64_t bits,
                                     std::uint64_t clear, int err) {
  return add(name, err, 1, {argument, SCMP_CMP_MASKED_EQ, bits | clear, bits});
}

Status SeccompFilter::deny_with_value(const std::string& name, unsigned argument,
                                      std::uint32_t value, int err) {
  return add(name, err, 1, {argument, SCMP_CMP_MASKED_EQ, 0xffffffffU, value});
}

Status SeccompFilter::export_program(int fd) const {
  const int rc = ::seccomp_export_bpf(context_.get(), fd);
  if (rc != 0) return Error::from_errno(-rc, "export a system call filter");
  return Done{};
}

Result<SeccompFilter> default_deny_list() {
  HITCH_TRY(auto filter, SeccompFilter::allow_all());
  for (const char* name : kDenied) HITCH_CHECK(filter.deny(name, EPERM));
  // clone3's flags are in memory, out of a filter's sight: libc falls back to clone.
  HITCH_CHECK(filter.deny("clone3", ENOSYS));
  for (const auto flag : kNamespaceFlags) {
    HITCH_CHECK(filter.deny_with_bits("unshare", 0, flag, 0, EPERM));
    if (flag > 0xff) HITCH_CHECK(filter.deny_with_bits("clone", 0, flag, 0, EPERM));
  }
  for (const auto request : {kTiocsti, kTioclinux}) {
    HITCH_CHECK(filter.deny_with_value("ioctl", 1, request, EPERM));
  }
  // Executable data and a mapped page 0 are for exploits of old programs. ADDR_NO_RANDOMIZE stays:
  // debuggers and sanitizers set it. The query, all bits set, stays as well. personality(2)
  for (const std::uint32_t persona : {0x0400000U, 0x0100000U}) {
    HITCH_CHECK(filter.deny_with_bits("personality", 0, persona, 0x80000000U, EPERM));
  }
  for (const auto family : {AF_ALG, AF_VSOCK}) {
    HITCH_CHECK(
        filter.deny_with_value("socket", 0, static_cast<std::uint32_t>(family), EAFNOSUPPORT));
  }
  return filter;
}

}  // namespace hitch
