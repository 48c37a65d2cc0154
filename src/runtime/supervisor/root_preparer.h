#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/pidfd.h"
#include "runtime/data/prepared.h"
#include "runtime/supervisor/bundle_scope.h"
#include "runtime/supervisor/run_request.h"
#include "runtime/supervisor/service_roots.h"

namespace hitch {

/// Makes what the roots of services are made of: unpacks the layers of images that are not in the
/// cache yet, each once, by hitch-unpack. docs/decisions/023-roots-of-services.md
class RootPreparer {
 public:
  RootPreparer(BundleScope* scope, const RunRequest* request) : scope_(scope), request_(request) {}

  Task<Done> prepare_all();
  /// All of a root in one directory, of the cache or the machine: for where there is no overlay.
  Task<std::filesystem::path> prepare_whole(std::uint32_t number);
  /// After prepare_all().
  const RootContents& contents() const noexcept { return contents_; }
  /// Kills what unpacks; who awaits it returns soon, with an Error.
  void stop() noexcept;
  /// The service whose root was prepared last, for messages.
  const std::string& at_work_for() const noexcept { return at_work_for_; }

 private:
  enum class Form { kLayers, kOneDirectory };

  Task<Done> prepare(const ServiceSpec* service);
  Task<std::filesystem::path> unpack_into_cache(const ServiceSpec* service, std::string key,
                                                std::vector<RootSpec::Layer> layers, Form form);
  Task<Done> fill(const ServiceSpec* service, std::filesystem::path directory,
                  std::vector<RootSpec::Layer> layers, Form form);
  Task<Done> unpack(std::filesystem::path layout, RootSpec::Layer layer,
                    std::filesystem::path directory, Form form);

  BundleScope* scope_;
  const RunRequest* request_;
  RootContents contents_;
  std::string at_work_for_;
  Pidfd process_;  ///< of hitch-unpack
  bool stopped_ = false;
};

}  // namespace hitch
