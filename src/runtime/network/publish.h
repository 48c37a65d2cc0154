#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/async/task.h"
#include "runtime/base/fd.h"

namespace hitch {

/// A port of the host that leads to a port of the bundle. Listens outside; for each connection a
/// socket is made inside, by whoever can, and bytes go from one to the other. Its owner awaits
/// stop() before it is destroyed.
class PublishedPortProxy {
 public:
  /// Makes a non-blocking stream socket in the bundle's network.
  using MakeSocket = std::function<Task<UniqueFd>(int family)>;

  struct Ports {
    std::string host_address;
    std::uint16_t host_port = 0;  ///< 0: any free one
    std::uint16_t bundle_port = 0;
  };

  /// Listens from now on; connections wait until start().
  /// @return an Error with bind(2)'s errno, such as EADDRINUSE
  static Result<std::unique_ptr<PublishedPortProxy>> open(const asio::any_io_executor& executor,
                                                          const Ports& ports);
  void start(MakeSocket make_socket);
  asio::awaitable<void> stop();
  /// The port that it listens on.
  std::uint16_t host_port() const noexcept { return ports_.host_port; }

  PublishedPortProxy(const asio::any_io_executor& executor, UniqueFd listening, Ports ports);

 private:
  Task<Done> accept_all();
  Task<Done> serve(UniqueFd accepted);
  Task<Done> connect_inside(asio::posix::stream_descriptor* inside);

  asio::posix::stream_descriptor listening_;
  Ports ports_;
  MakeSocket make_socket_;
  int connections_ = 0;
  TaskGroup tasks_;
};

}  // namespace hitch
