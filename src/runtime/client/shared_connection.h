#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/base/deadline.h"
#include "runtime/base/fd.h"
#include "runtime/control/rpc.h"

namespace hitch {

/// The message of the Error when the other end has gone.
inline constexpr std::string_view kBundleHasEnded = "the bundle has ended";

/// A client of a bundle's control socket that any number of threads may use at once: a thread of
/// its own reads what comes. docs/control.md
class SharedConnection {
 public:
  /// Gets each event, on the thread that reads: it must not wait for anything here.
  using OnEvent = std::function<void(const json::object& event)>;

  /// @param socket  connected; its other end is a supervisor
  static Result<std::unique_ptr<SharedConnection>> over(UniqueFd socket, OnEvent on_event);
  SharedConnection(const SharedConnection&) = delete;
  SharedConnection& operator=(const SharedConnection&) = delete;
  ~SharedConnection();

  /// Calls a method and waits for its answer.
  /// @param fds  go along
  /// @return the result, or the Error that the bundle answered with; has_ended() tells whether it
  ///         is that the bundle has gone
  Result<json::value> call(std::string_view method, json::object params = {},
                           const std::vector<int>& fds = {});

  /// Asks now what finish() waits for later: of a bundle that is still to be started, too, which
  /// answers even if it is over by then.
  /// @return for finish(), which is to be called once
  Result<std::uint64_t> begin(std::string_view method, json::object params = {},
                              const std::vector<int>& fds = {});
  /// @return as of call()
  Result<json::value> finish(std::uint64_t request);

  /// Calls a method, and does not wait for its answer. May be called by OnEvent too.
  void tell(std::string_view method, json::object params);

  /// Waits until a sub-command of this connection has ended.
  /// @return its exit code; nothing when it has not by then
  Result<std::optional<int>> wait_exec(std::int64_t number,
                                       const std::optional<Deadline>& deadline);

  /// Hangs up, and ends every wait. More than once is the same as once.
  void hang_up();
  /// Whether the other end has gone, or this one has hung up.
  bool has_ended() const;
  /// Readable from then on.
  int ended_fd() const noexcept { return ended_fd_.get(); }

 private:
  SharedConnection(UniqueFd socket, UniqueFd ended_fd, OnEvent on_event);

  struct Answer {
    bool has_come = false;
    json::object message{};
    std::optional<hitch::Error> refusal{};  ///< it could not even be asked
  };

  Result<json::value> exchange(std::string_view method, json::object params,
                               const std::vector<int>& fds);
  Status send_line(const std::string& line, const std::vector<int>& fds);
  void read_all();
  void take(std::string_view line);
  void note_end();

  UniqueFd socket_, ended_fd_;
  OnEvent on_event_;
  std::mutex sending_;
  std::mutex with_fds_;  ///< one request with descriptors at a time: docs/control.md, "Messages"
  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, Answer> answers_;
  std::map<std::int64_t, int> exit_codes_;
  bool ended_ = false;
  std::jthread reader_;
};

}  // namespace hitch
