#include "runtime/network/name_servers.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

namespace hitch {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

/// The address of a line "nameserver ADDRESS"; empty for any other line. The word starts the line.
std::string_view name_server_of(std::string_view line) {
  constexpr std::string_view kWord = "nameserver";
  if (!line.starts_with(kWord)) return {};
  line.remove_prefix(kWord.size());
  const auto begin = line.find_first_not_of(kBlanks);
  if (begin == 0 || begin == line.npos) return {};
  line.remove_prefix(begin);
  return line.substr(0, line.find_first_of(kBlanks));
}

bool is_same(const sockaddr* address, const in_addr* v4, const in6_addr* v6) {
  if (address == nullptr) return false;
  if (v4 != nullptr && address->sa_family == AF_INET) {
    const auto* own = reinterpret_cast<const sockaddr_in*>(address);
    return own->sin_addr.s_addr == v4->s_addr;
  }
  if (v6 != nullptr && address->sa_family == AF_INET6) {
    const auto* own = reinterpret_cast<const sockaddr_in6*>(address);
    return std::memcmp(&own->sin6_addr, v6, sizeof *v6) == 0;
  }
  return false;
}

bool is_of_an_interface(const in_addr* v4, const in6_addr* v6) {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, ::freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (is_same(one->ifa_addr, v4, v6)) return true;
  }
  return false;
}

}  // namespace

NameServers name_servers_inside(std::string_view host_file,
                                const std::function<bool(std::string_view)>& is_on_host) {
  NameServers inside;
  bool is_first_v4 = true;
  while (!host_file.empty()) {
    const auto line = take_line(host_file);
    const auto server = name_server_of(line);
    const bool is_v4 = !server.empty() && server.find(':') == server.npos;
    const bool is_first = is_v4 && is_first_v4;
    if (is_v4) is_first_v4 = false;
    if (server.empty() || !is_on_host(server)) {
      inside.file.append(line) += '\n';
    } else if (is_first) {
      inside.file.append("nameserver ").append(kForwardedNameServer) += '\n';
      inside.forwarded = true;
    }
  }
  return inside;
}

bool is_address_of_host(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    const auto number = ntohl(v4.s_addr);
    return number == INADDR_ANY || number >> 24 == 127 || is_of_an_interface(&v4, nullptr);
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_UNSPECIFIED(&v6) || IN6_IS_ADDR_LOOPBACK(&v6) ||
         is_of_an_interface(nullptr, &v6);
}

}  // namespace hitch
