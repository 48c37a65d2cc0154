#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "runtime/base/fd.h"
#include "runtime/init/channel.h"

namespace hitch {

/// A request as init received it. The payload is in init's one buffer until the next receive().
struct IncomingRequest {
  RequestHead head;
  std::span<char> payload;
  std::array<UniqueFd, 3> fds;
  std::array<UniqueFd, 4> groups;  ///< of a launch: which control groups to enter
  UniqueFd payload_file;           ///< of a payload too long for a packet; already read
};

/// Init's end of the channel. Allocates nothing.
class InitWire {
 public:
  enum class Receive { kRequest, kNothing, kClosed };

  /// Takes the next request off the channel, without waiting.
  /// @return kClosed when the supervisor is gone, or sent what no supervisor sends
  Receive receive(IncomingRequest& request) noexcept;
  /// Says something; `fd` goes along if it is not negative. Waits while the channel is full. Ends
  /// the process, and with it the bundle, when the supervisor is gone.
  void send(const InitReport& report, int fd = -1) noexcept;
};

}  // namespace hitch
