#pragma once

#include <array>
#include <string_view>

#include "runtime/base/fd.h"

namespace hitch::introspect {

/// The names in a directory, one after the other, "." and ".." too. Reads into a buffer of its own,
/// where readdir(3) allocates one. getdents64(2)
class DirectoryNames {
 public:
  /// @param directory  stays the caller's, and is read from where it stands
  explicit DirectoryNames(int directory) noexcept : directory_(directory) {}

  /// @return nullptr at the end, or if it cannot be read: err() is 0 or errno then. The name is
  ///         valid until the next call.
  const char* next() noexcept;
  /// The next one that begins with a digit: a pid, a thread, a descriptor.
  const char* next_number() noexcept;
  int err() const noexcept { return err_; }

 private:
  int directory_;
  int err_ = 0;
  long filled_ = 0, at_ = 0;
  alignas(8) std::array<char, 16384> buffer_;
};

}  // namespace hitch::introspect
