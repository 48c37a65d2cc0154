#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "runtime/async/task.h"
#include "runtime/control/target.h"

namespace hitch {

/// One client from its first line to its last, whatever it sends. @param target  outlives it
Task<Done> serve_client(asio::any_io_executor executor, UniqueFd socket, ControlTarget* target);

/// The control socket of one bundle: a coroutine for each client. Its owner awaits stop() before it
/// is destroyed.
class ControlServer {
 public:
  /// Listens from now on. @param on_refusal  told of each client that was turned away
  static Result<std::unique_ptr<ControlServer>> open(const asio::any_io_executor& executor,
                                                     const std::string& path, ControlTarget* target,
                                                     std::function<void(std::string)> on_refusal);
  /// Ends all clients' tasks and connections.
  /// Serves a client that is connected already; `on_end` is called when it has left.
  void serve(UniqueFd socket, TaskGroup::OnDone on_end);
  asio::awaitable<void> stop();

  ControlServer(const asio::any_io_executor& executor, UniqueFd listening, ControlTarget* target,
                std::function<void(std::string)> on_refusal);

 private:
  Task<Done> accept_all();
  void accept_one(UniqueFd socket);

  asio::posix::stream_descriptor listening_;
  ControlTarget* target_;
  std::function<void(std::string)> on_refusal_;
  int clients_ = 0;
  TaskGroup tasks_;
};

}  // namespace hitch
