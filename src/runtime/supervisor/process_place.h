#pragma once

#include <string>
#include <utility>

#include "runtime/data/leased_dir.h"
#include "runtime/supervisor/bundle_space.h"
#include "runtime/supervisor/run_request.h"

namespace hitch {

/// Where bundles without namespaces keep what others have in a tmpfs of their own: data directories
/// and TMPDIR, on the machine's disk for as long as the run lasts. docs/isolation.md, "process"
class ProcessPlace {
 public:
  /// @param user  who the bundle is
  /// @return an Error also if the bundle needs what only namespaces give
  static Result<ProcessPlace> make(const RunRequest& request, PlainUser user);

  /// Through which its users pass.
  std::string directory() const { return directory_.path().native(); }
  /// Changes a plan of namespaces into one without.
  void apply(BundleSpace::Request& request) const;
  /// Makes the directory for the prepared data of a service. It is not cached: commands that make
  /// it name the directory, and here that is another one in each run.
  Result<std::string> make_data_directory(const ServiceSpec& service) const;

 private:
  ProcessPlace(LeasedDir directory, const RunRequest& request, PlainUser user)
      : parent_(directory.path().parent_path()),
        directory_(std::move(directory)),
        request_(&request),
        user_(user) {}
  Status make_own(const std::string& path) const;

  /// Goes with the last directory in it.
  class Parent {
   public:
    explicit Parent(std::string path) : path_(std::move(path)) {}
    Parent(Parent&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    Parent& operator=(Parent&&) = delete;
    ~Parent();

   private:
    std::string path_;
  };

  Parent parent_;
  LeasedDir directory_;
  const RunRequest* request_;
  PlainUser user_;
};

}  // namespace hitch
