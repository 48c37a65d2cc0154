#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/client/hitch/service_bundle.h"

namespace hitch {

/// What is said in code of a bundle, as a bundle file. docs/bundle-file.md
client::Json describe(const client::BundleOptions& options,
                      const std::vector<std::unique_ptr<client::Service>>& services);

/// Where services run that name no other directory. Absolute.
std::filesystem::path project_directory(const client::BundleOptions& options);
/// Error if the working directory is gone.
std::filesystem::path absolute_path(const std::filesystem::path& path);

/// As std::filesystem::absolute(), but throws client::Error: the present directory may be gone.
std::filesystem::path absolute_path(const std::filesystem::path& path);

/// Throws BundleMisconfiguration for what can be seen to be wrong with a service before anything
/// starts. @param has_file  which may say what is left out
void check_service(const client::Service& service, bool has_file);

/// Throws BundleMisconfiguration if no service can have that name.
void check_name(const std::string& name);

}  // namespace hitch
