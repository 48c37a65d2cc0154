#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

#include "runtime/async/task.h"

namespace hitch {

/// Moves bytes between two connected stream sockets, in both directions and each to its end,
/// without ever seeing them. A half that ends is ended at the other side too. splice(2),
/// shutdown(2)
/// @param one, other  non-blocking; outlive the task
/// @return an Error when a connection breaks
Task<Done> relay(asio::posix::stream_descriptor* one, asio::posix::stream_descriptor* other);

}  // namespace hitch
