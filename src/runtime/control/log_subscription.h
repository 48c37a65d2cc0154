#pragma once

#include <cstdint>
#include <memory>

#include "runtime/control/methods.h"

namespace hitch {

/// Sends what `feed` has as notifications, no faster than the client reads, until the client does
/// not want it any more: until the number is not in `client->feeds`.
Task<Done> pass_on_log(ClientState* client, std::int64_t number, std::shared_ptr<LogFeed> feed);

}  // namespace hitch
