#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/async/task.h"
#include "runtime/base/fd.h"

namespace hitch {

/// One client of the control socket: lines in, lines out, descriptors along with either. A client
/// that reads slowly never makes the loop wait; one that does not read at all is cut off.
class Connection {
 public:
  /// A longer line is refused.
  static constexpr std::size_t kLongestLine = std::size_t{1} << 20;
  /// A client that lets more than this pile up is cut off.
  static constexpr std::size_t kMostUnsent = std::size_t{16} << 20;
  /// Who has less than this to read has caught up.
  static constexpr std::size_t kFewUnsent = std::size_t{256} << 10;

  Connection(const asio::any_io_executor& executor, UniqueFd socket);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { *alive_ = false; }

  /// The next line, without its newline; nothing at the end of the stream.
  /// @return an Error for a line that is too long: there is no way to go on after that
  Task<std::optional<std::string>> receive();
  /// The descriptors that have come and were not taken yet. One read may bring those of a message
  /// together with the messages before it, so they are for the one that needs some. unix(7)
  std::vector<UniqueFd> take_fds() { return std::exchange(received_fds_, {}); }
  /// Whether something has been read that receive() has not returned yet.
  bool has_more() const noexcept { return !received_.empty(); }
  /// Sends when there is room. @param line  with its newline
  void send(std::string line, std::vector<UniqueFd> fds = {});
  /// Waits until the client has read most of what it was sent, or has gone.
  Task<Done> caught_up();
  void close();
  bool is_open() const noexcept { return socket_.is_open(); }

 private:
  struct Outgoing {
    std::string line;
    std::size_t sent = 0;
    std::vector<UniqueFd> fds;
  };
  /// Reads once. @return whether there may be more now
  Result<bool> fill();
  void flush();
  bool send_some(Outgoing& message);

  asio::posix::stream_descriptor socket_;
  std::string received_;
  std::size_t searched_ = 0;  ///< of received_, for a newline
  std::vector<UniqueFd> received_fds_;
  bool at_end_ = false;
  std::deque<Outgoing> outgoing_;
  std::size_t unsent_ = 0;
  bool waiting_for_room_ = false;
  Event sent_;
  /// Known to a handler that the loop may still call once this is gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace hitch
