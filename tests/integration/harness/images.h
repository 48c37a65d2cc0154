#pragma once

#include <filesystem>
#include <string>

#include "integration/harness/temp_bundle.h"

namespace hitch::testing {

/// Makes an OCI image layout `image` in the bundle's directory, or adds an image to it, by
/// make_image.py.
/// @param tag     of the image
/// @param rest    of the description, JSON without the braces around it: "layers" and what else
void make_image(const TempBundle& bundle, const std::string& tag, const std::string& rest);

/// Makes a directory with a busybox and a shell, to be a root.
void make_root(const std::filesystem::path& directory);

/// What make_image() makes of that: a layer's entries.
inline constexpr const char* kBusybox =
    R"({"copy": "bin/busybox", "of": "/bin/busybox"}, {"link": "bin/sh", "to": "busybox"})";

/// All that is below a directory: names, types, links and content, to see whether it has changed.
std::string listing_of(const std::filesystem::path& directory);

}  // namespace hitch::testing
