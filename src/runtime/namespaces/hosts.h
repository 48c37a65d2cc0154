#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/namespaces/id_map.h"

namespace hitch {

/// /etc/hosts of a bundle: localhost on both loopbacks, the host name and every service's name on
/// 127.0.0.1. hosts(5)
std::string hosts_file(std::string_view hostname, std::span<const std::string> services);

/// /etc/passwd or /etc/group of a bundle: the host's lines, with those that have the name or the id
/// of the bundle's user replaced by that user's. Programs such as initdb refuse to run under an id
/// that has no name. passwd(5), group(5)
std::string passwd_file(std::string_view host_file, std::string_view user, const IdMap& ids,
                        std::string_view home);
std::string group_file(std::string_view host_file, std::string_view group, const IdMap& ids);

}  // namespace hitch
