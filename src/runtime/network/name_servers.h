#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace hitch {

/// An address that means nothing to anybody, so that a bundle can have the host's own name server
/// under it. IPv4 link-local, RFC 3927.
inline constexpr std::string_view kForwardedNameServer = "169.254.1.1";

/// The name servers of a bundle with a way out.
struct NameServers {
  std::string file;        ///< content of its /etc/resolv.conf
  bool forwarded = false;  ///< kForwardedNameServer is among them: it has to lead somewhere
};

/// Adapts the host's resolv.conf(5). A name server that runs on the host itself, such as that of
/// systemd-resolved on 127.0.0.53, cannot be reached from inside: the first one of all, which is
/// the one that pasta forwards to, becomes kForwardedNameServer, other ones are left out.
/// @param is_on_host  whether this address, as text, is one of the host's own
NameServers name_servers_inside(std::string_view host_file,
                                const std::function<bool(std::string_view)>& is_on_host);

/// Whether `address` is a loopback address or one of an interface of this machine. getifaddrs(3)
bool is_address_of_host(std::string_view address);

}  // namespace hitch
