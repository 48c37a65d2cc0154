#pragma once

#include <string_view>

namespace hitch {

/// Writes all of `bytes` to a descriptor, going on after a short write and after EINTR.
/// Allocates nothing, so it may be used between clone and exec. write(2)
/// @return 0, or the errno that stopped it
int write_fully(int fd, std::string_view bytes) noexcept;

}  // namespace hitch
