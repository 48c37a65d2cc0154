#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/deadline.h"
#include "runtime/base/fd.h"
#include "runtime/control/rpc.h"

namespace hitch {

/// A blocking client of one bundle's control socket. Belongs to one thread. docs/control.md
class ControlClient {
 public:
  /// @param path  of the control socket
  static Result<ControlClient> connect(const std::string& path);

  /// Calls a method and waits for its answer; notifications that come before it are kept.
  /// @param fds  go along
  /// @return the result, or the Error that the bundle answered with; one of kind kTimeout when it
  ///         has not answered by `deadline`
  Result<json::value> call(std::string_view method, json::object params = {},
                           const std::vector<int>& fds = {},
                           std::optional<Deadline> deadline = std::nullopt);
  /// Descriptors that came with the last answer.
  std::vector<UniqueFd> take_fds() { return std::move(fds_); }

  /// Sends without waiting for the answer, which will be passed over.
  Status send(std::string_view method, json::object params);

  /// The next notification: "method" and "params". Waits for it.
  /// @return nothing when the bundle has closed the connection: it has ended
  Result<std::optional<json::object>> next_notification();
  /// To be polled: readable when there may be a notification.
  int fd() const noexcept { return socket_.get(); }
  /// A notification that has arrived already, without waiting for more than what the socket has.
  Result<std::optional<json::object>> arrived_notification();
  bool is_closed() const noexcept { return closed_; }

  /// The supervisor's process. SO_PEERCRED in unix(7)
  pid_t peer() const;

 private:
  explicit ControlClient(UniqueFd socket) : socket_(std::move(socket)) {}

  Status send_line(const std::string& line, const std::vector<int>& fds);
  /// Reads once. @param wait  for something to come
  Status fill(bool wait, const std::optional<Deadline>& deadline);
  /// A whole message out of what has been read.
  Result<std::optional<json::object>> take_message();

  UniqueFd socket_;
  std::string received_;
  std::vector<UniqueFd> fds_;
  std::vector<json::object> notifications_;
  std::uint64_t next_id_ = 1;
  bool closed_ = false;
};

}  // namespace hitch
