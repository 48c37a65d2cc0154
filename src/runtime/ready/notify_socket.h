#pragma once
#include "runtime/base/fd.h"
namespace hitch {
Result<UniqueFd> bind_notify_socket(pid_t init_pid, const std::string& path);
}
