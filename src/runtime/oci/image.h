#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/fd.h"

namespace hitch {

/// One layer of an image.
struct ImageLayer {
  std::string digest;      ///< of the blob
  std::string diff_id;     ///< of the archive in it, when it is not compressed
  std::uint64_t size = 0;  ///< of the blob
};

/// What an OCI image says about itself. Whoever made it chose all of it.
/// OCI image-spec, "Image Configuration"
struct Image {
  std::string id;                  ///< the digest of the configuration
  std::vector<ImageLayer> layers;  ///< the lowest one first
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> entrypoint, command;
  std::string user;               ///< "", "redis", "101:101"
  std::string working_directory;  ///< absolute; "/" if it has none
  std::optional<int> stop_signal;
};

/// Reads an image of a layout on this machine, which is trusted no more than an archive is: each
/// document is as long as the one before says, and has its digest.
/// @param layout  the directory; OCI image-spec, "Image Layout"
/// @param tag     which of its images: what its index has as org.opencontainers.image.ref.name
/// @return an Error, of kind kUsage when there is no such image
Result<Image> read_image(const std::filesystem::path& layout, const std::string& tag);

/// A blob of a layout, to be read.
/// @return an Error if it is not there or no regular file
Result<UniqueFd> open_blob(const std::filesystem::path& layout, const std::string& digest);

}  // namespace hitch
