#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace hitch {

/// What a layer may be at most. Images of whole distributions stay far below; an archive that does
/// not is made to fill a disk.
struct UnpackLimits {
  std::uint64_t entries = 2'000'000;
  std::uint64_t bytes = 64ULL << 30;
};

/// What is done about files that a layer says are gone.
enum class Whiteouts {
  kMark,   ///< as an overlay wants it of a lower directory: character devices 0/0, an attribute
  kApply,  ///< removed: the layers before are in the same directory
};

struct UnpackRequest {
  int blob = -1;          ///< borrowed; read from where it stands
  int root = -1;          ///< the directory to unpack into; borrowed
  std::string diff_id{};  ///< what the archive has to be
  Whiteouts whiteouts = Whiteouts::kMark;
  UnpackLimits limits{};
};

struct UnpackReport {
  std::uint64_t entries = 0;
  std::vector<std::string> notes;  ///< what was left out, one line each
};

/// Unpacks one layer of an image. Everything belongs to the caller, set-user-ID bits are dropped,
/// devices, sockets and extended attributes are left out. Whatever the archive holds, nothing
/// outside of `root` is touched. Half of it is left there after an Error.
/// @return an Error that names the entry and what is wrong with it; one with errno EOPNOTSUPP when
///         the file system does not take the marks of kMark
/// OCI image-spec, "Image Layer Filesystem Changeset"
Result<UnpackReport> unpack_layer(const UnpackRequest& request);

}  // namespace hitch
