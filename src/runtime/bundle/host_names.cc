#include "runtime/bundle/host_names.h"

#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>
#include <array>

#include "runtime/base/error.h"
#include "runtime/bundle/diagnostics.h"

namespace hitch {

namespace {

bool same_host(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view without_brackets(std::string_view host) {
  const bool has_brackets = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  return has_brackets ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

bool is_loopback_name(std::string_view host) {
  return same_host(host, "localhost") || same_host(host, "ip6-localhost") ||
         same_host(host, "ip6-loopback");
}

bool is_address(std::string_view host) {
  const std::string text(host);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

bool is_numeric_host(std::string_view host) {
  const std::string text(host);
  in_addr ignored{};
  const bool has_dot = host.find('.') != std::string_view::npos;  // '5' is a fine name otherwise
  return (has_dot && ::inet_aton(text.c_str(), &ignored) != 0) || is_address(host);
}

std::optional<std::string> HostNames::find(std::string_view host) const {
  if (is_address(without_brackets(host))) return std::string(without_brackets(host));
  if (same_host(host, "localhost")) return "localhost";
  if (is_loopback_name(host)) return "::1";
  for (const Name& name : names_) {
    if (same_host(host, name.known)) return name.service;
  }
  if (same_host(host, own_)) return "127.0.0.1";
  return std::nullopt;
}

std::string HostNames::complaint(std::string_view host) const {
  constexpr std::size_t kShown = 8;
  std::vector<std::string_view> known{"localhost"};
  for (const Name& name : names_) known.push_back(name.known);
  std::string list;
  for (std::size_t i = 0; i < std::min(known.size(), kShown); ++i) {
    list += in_quotes(known[i]) + ", ";
  }
  if (known.size() > kShown) list += "its other services, ";
  return "there is no host " + in_quotes(host) + " in the bundle, which knows " + list +
         "and IP addresses" + did_you_mean(host, known);
}

}  // namespace hitch
