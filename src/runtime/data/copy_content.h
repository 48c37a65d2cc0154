#pragma once

#include <cstdint>
#include <stop_token>

namespace hitch {

/// How the content of files came to where it is.
struct CopiedBytes {
  std::uint64_t shared = 0;  ///< the file system has them once, until one side is written to
  std::uint64_t copied = 0;
};

/// Makes the empty file `out` have the content of the file `in`: by sharing its blocks where the
/// file system can, else by copying what is not a hole. ioctl_ficlone(2), copy_file_range(2),
/// lseek(2)
/// @param count  is added to
/// @return 0, errno, or ECANCELED once `stop` is requested
int copy_content(int in, int out, std::uint64_t size, const std::stop_token& stop,
                 CopiedBytes& count);

}  // namespace hitch
