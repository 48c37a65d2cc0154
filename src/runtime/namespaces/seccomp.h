#pragma once

#include <seccomp.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace hitch {

/// Builds a system call filter that allows what it does not name. Used when hitch is built: the
/// default filter (deny_list.h) is compiled into init, as building one takes longer than all the
/// rest of an environment. seccomp(2), libseccomp
class SeccompFilter {
 public:
  /// For the native architecture and those that the same kernel runs beside it.
  static Result<SeccompFilter> allow_all();

  /// Makes `name` fail with `err` if all conditions hold. Unknown names are an error, so that a
  /// typo does not open a hole.
  Status deny(const std::string& name, int err, const std::vector<scmp_arg_cmp>& conditions = {});
  /// Writes the program, as struct sock_filter has it, to a file. seccomp_export_bpf(3)
  Status export_program(int fd) const;

 private:
  struct Release {
    void operator()(void* context) const noexcept { ::seccomp_release(context); }
  };
  explicit SeccompFilter(scmp_filter_ctx context) noexcept : context_(context) {}

  std::unique_ptr<void, Release> context_;
};

/// The filter that a profile describes: configs/seccomp/default.json, in the form that the runtimes
/// of containers read. What hitch has no use for (another default, another action than an errno) is
/// an error.
Result<SeccompFilter> filter_of_profile(std::string_view json);

}  // namespace hitch
