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

/// What is wrong with a word that names nothing in a log.
Error unknown_in_log(std::string_view what, const std::string& name,
                     std::span<const std::string_view> known);
/// "setup", "run"…; "out", "err". Anything else is an Error of kind kUsage.
Result<Phase> phase_named(const std::string& name);
Result<OutputStream> output_named(const std::string& name);

}  // namespace hitch
