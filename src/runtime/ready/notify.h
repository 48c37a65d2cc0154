#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string_view>

#include "runtime/async/task.h"

namespace hitch {

/// Whether a datagram says READY=1, alone or among other lines. One with a NUL byte before its end
/// is garbage, as it is for systemd. sd_notify(3)
bool says_ready(std::string_view datagram) noexcept;

/// What a service says on its notify socket, read for all parts of one wait: a datagram can be read
/// only once. Reading goes on after READY=1, as a full socket makes the service block.
class Notifications {
 public:
  /// @param socket  borrowed; of make_notify_socket()
  Notifications(const asio::any_io_executor& executor, int socket)
      : executor_(executor), socket_(socket), said_(executor) {}

  /// Reads until it is stopped, or fails.
  Task<Done> read();
  /// Waits until the service has said READY=1.
  Task<Done> wait_ready();

 private:
  Status take_all();

  asio::any_io_executor executor_;
  int socket_;
  Event said_;
  bool is_ready_ = false;
};

/// Reads on once nobody waits any more, until the socket is closed: a full one makes the service
/// block, and sd_notify_barrier(3) waits until the descriptor it sent has been closed.
Task<Done> ignore_notifications(std::shared_ptr<asio::posix::stream_descriptor> socket);

}  // namespace hitch
