#pragma once

#include <seccomp.h>

#include <memory>
#include <string>

#include "runtime/base/result.h"

namespace hitch {

/// Builds a system call filter that allows what it does not name. Used when hitch is built: the
/// default filter (deny_list.h) is compiled into init, as building one takes longer than all the
/// rest of an environment. seccomp(2), libseccomp
class SeccompFilter {
 public:
  /// For the native architecture and those that the same kernel runs beside it.
  static Result<SeccompFilter> allow_all();

  /// Makes `name` fail with `err`. Unknown names are an error, so that a typo does not open a hole.
  Status deny(const std::string& name, int err);
  /// Makes `name` fail with `err` when all of `bits`, and none of `clear`, are set in an argument.
  Status deny_with_bits(const std::string& name, unsigned argument, std::uint64_t bits,
                        std::uint64_t clear, int err);
  /// Makes `name` fail with `err` when the low 32 bits of argument `argument` are `value`: those
  /// are what the kernel looks at, and a filter that compared all 64 could be passed by
  /// (CVE-2019-10063).
  Status deny_with_value(const std::string& name, unsigned argument, std::uint32_t value, int err);
  /// Writes the program, as struct sock_filter has it, to a file. seccomp_export_bpf(3)
  Status export_program(int fd) const;

 private:
  struct Release {
    void operator()(void* context) const noexcept { ::seccomp_release(context); }
  };
  explicit SeccompFilter(scmp_filter_ctx context) noexcept : context_(context) {}
  Status add(const std::string& name, int err, unsigned count, const scmp_arg_cmp& condition);

  std::unique_ptr<void, Release> context_;
};

/// The rules of the default filter.
Result<SeccompFilter> default_deny_list();

}  // namespace hitch
