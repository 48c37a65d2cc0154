#pragma once

#include <memory>
#include <span>
#include <string>

#include "runtime/control/target.h"
#include "runtime/logs/store.h"

namespace hitch {

/// Reads the log of this run for a client.
/// @param services  the names that there are, hitch's own not among them
/// @return an Error of kind kUsage for what there is not
Result<std::shared_ptr<LogFeed>> feed_from(asio::any_io_executor executor, LogStore* log,
                                           std::span<const std::string_view> services,
                                           LogWish wish);

}  // namespace hitch
