#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace hitch {

/// One entry of a layer, as the archive has it: nothing about it can be trusted.
struct LayerEntry {
  enum class Type { kFile, kDirectory, kSymlink, kHardLink, kFifo, kDevice, kSocket, kOdd };
  Type type = Type::kOdd;
  std::string path;
  std::string link;  ///< of kSymlink and kHardLink
  mode_t mode = 0;   ///< the permissions alone
  std::int64_t size = 0;
  timespec modified{};
  bool has_attributes = false;  ///< extended ones
};

/// Reads the layer of an image: a tar archive, plain or compressed with gzip or zstd, which it
/// finds out by itself. Sums up what the archive is when it is not compressed. libarchive(3)
class LayerReader {
 public:
  /// @param blob         read from where it stands
  /// @param most_bytes   an archive that is longer when it is not compressed is an Error
  static Result<LayerReader> open(int blob, std::uint64_t most_bytes);
  LayerReader(LayerReader&&) noexcept;
  LayerReader& operator=(LayerReader&&) = delete;
  ~LayerReader();

  /// Goes on to the next entry. @return false at the end
  Result<bool> next(LayerEntry& entry);
  /// Writes the content of the current entry, which is a file, to `fd`, leaving holes.
  Status copy_content(int fd);
  /// After the last entry: the digest of the archive that was in the blob. OCI calls it diff-id.
  Result<std::string> diff_id();

 private:
  struct State;
  explicit LayerReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hitch
