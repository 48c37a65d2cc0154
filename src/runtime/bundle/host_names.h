#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitch {

/// "localhost", "ip6-localhost", "ip6-loopback", in any case: what the hosts file of every bundle
/// has beside its services.
bool is_loopback_name(std::string_view host);
/// An IPv4 or IPv6 address as inet_pton(3) reads it.
bool is_address(std::string_view host);
/// What has dots and is taken for an address instead of being looked up: "127.1". inet_aton(3)
bool is_numeric_host(std::string_view host);

/// The names that can be resolved inside of a bundle. Nothing there asks a name server.
class HostNames {
 public:
  /// @param own  the bundle's, which is that of its host too
  explicit HostNames(std::string own) : own_(std::move(own)) {}

  /// @param known  under which a service is known, @param service  its name; they differ for the
  ///               name that all replicas of a service have together
  void add(std::string known, std::string service) {
    names_.push_back({std::move(known), std::move(service)});
  }

  /// The host that a readiness condition names: an address, "localhost" or the name of a service,
  /// which is nothing if there is no such host. Names are compared as resolvers do: 'web' is 'Web'.
  std::optional<std::string> find(std::string_view host) const;
  /// "there is no host 'db' …"
  std::string complaint(std::string_view host) const;

 private:
  struct Name {
    std::string known, service;
  };
  std::string own_;
  std::vector<Name> names_{};
};

}  // namespace hitch
