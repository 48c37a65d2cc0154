#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/network/publish.h"
#include "runtime/supervisor/bundle_scope.h"

namespace hitch {

/// The ports of a bundle that can be reached from the host.
class PublishedPorts {
 public:
  /// Takes all ports on the host that the bundle's services name.
  /// @return an Error that names the port and the service, with bind(2)'s errno
  Status open(BundleScope& scope);
  /// Lets clients in, to sockets that `init` makes.
  void start(InitLink* init);
  asio::awaitable<void> stop();

  /// "127.0.0.1:8080->80" by service.
  const std::multimap<std::string, std::string>& by_service() const noexcept { return names_; }

 private:
  Status open_one(BundleScope& scope, const std::string& service, const PublishedPort& port);

  std::vector<std::unique_ptr<PublishedPortProxy>> proxies_;
  std::multimap<std::string, std::string> names_;
};

}  // namespace hitch
