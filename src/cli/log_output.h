#pragma once

#include <cstddef>
#include <string>

#include "runtime/base/result.h"

namespace hitch {

/// Collects lines and writes them in batches of whole ones. Waits for whoever reads them.
class LogOutput {
 public:
  /// How a batch ends up where it is written to.
  enum class Pace {
    kBulk,  ///< few large writes
    /// Up to 4096 bytes (PIPE_BUF) a write, so that others may write to the same pipe.
    kLive,
  };
  /// @param fd  borrowed
  LogOutput(int fd, Pace pace);

  /// Where the next line is appended, with its newline; then end_line().
  std::string& line() noexcept { return batch_; }
  Status end_line();
  /// Writes what has been collected.
  /// @return an Error whose err() is write(2)'s errno: EPIPE if nobody reads any more
  Status flush();

 private:
  Status write_first(std::size_t size);

  int fd_;
  std::size_t limit_;
  std::string batch_;
  std::size_t whole_ = 0;  ///< how much of it are whole lines
};

}  // namespace hitch
