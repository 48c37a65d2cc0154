#pragma once

#include <boost/uuid/detail/sha1.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace hitch {

/// What stands for a sequence of parts in 36 letters, taken in piece by piece: a version 5 UUID,
/// which is a SHA-1 sum. It tells contents apart by accident, not against an attacker: whoever can
/// choose the parts is the caller. RFC 4122
class Digest {
 public:
  Digest();
  /// A part; ("ab", "c") and ("a", "bc") differ.
  void add(std::string_view part);
  /// What can be read from `fd` until its end, as one part.
  /// @param limit_bytes  more than that is EFBIG
  /// @return 0, or errno of read(2)
  int add_content(int fd, std::uint64_t limit_bytes);
  std::string name() const;

 private:
  boost::uuids::detail::sha1 sum_;
};

}  // namespace hitch
