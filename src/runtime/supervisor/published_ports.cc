#include "runtime/supervisor/published_ports.h"

#include <sys/socket.h>

#include <cerrno>

namespace hitch {

namespace {

/// In the machine's network the service itself takes that port.
bool is_there_already(const BundleScope& scope, const PublishedPort& port) {
  return scope.isolation.level == IsolationLevel::kProcess && port.host_port == port.bundle_port;
}

}  // namespace

Status PublishedPorts::open(BundleScope& scope) {
  if (scope.spec->network == NetworkMode::kHost) return Done{};  // they are there already
  for (const auto& service : scope.spec->services) {
    for (const auto& port : service.publish) {
      if (is_there_already(scope, port)) continue;
      HITCH_CHECK(open_one(scope, service.name, port));
    }
  }
  return Done{};
}

Status PublishedPorts::open_one(BundleScope& scope, const std::string& service,
                                const PublishedPort& port) {
  const std::string inside = std::to_string(port.bundle_port);
  auto proxy = PublishedPortProxy::open(scope.executor,
                                        {port.host_address, port.host_port, port.bundle_port});
  if (!proxy) {
    auto error =
        std::move(proxy).error().within("publish port " + inside + " of service '" + service + "'");
    if (error.err() != EADDRINUSE && error.err() != EACCES) return error;
    return std::move(error).with_hint(
        "'publish: [\"PORT\"]', without a host port, takes any free one");
  }
  const std::string outside = std::to_string((*proxy)->host_port());
  if (port.host_port == 0) {
    scope.say("port " + inside + " of service '" + service + "' is port " + outside + " of " +
              port.host_address);
  }
  names_.emplace(service, port.host_address + ':' + outside + "->" + inside);
  proxies_.push_back(*std::move(proxy));
  return Done{};
}

void PublishedPorts::start(InitLink* init) {
  for (const auto& proxy : proxies_) {
    proxy->start([init](int family) { return init->make_socket(family, SOCK_STREAM); });
  }
}

asio::awaitable<void> PublishedPorts::stop() {
  for (const auto& proxy : proxies_) co_await proxy->stop();
}

}  // namespace hitch
