#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/deadline.h"

namespace hitch {

/// What a frame is: hitch asks, hitch-jq answers each question with one frame.
enum class FrameKind : std::uint32_t {
  kFilter,    ///< asks, first and once: to compile this
  kTestLine,  ///< asks: does the filter hold for this JSON text
  kEvaluate,  ///< the same, and the value is wanted
  kCompiled,  ///< answers kFilter
  kRefused,   ///< answers kFilter: what is wrong with it, in words
  kMatch,     ///< with the value as compact JSON, if that was asked for
  kNoMatch,
};

/// How every frame begins; the payload follows. Both sides are of one build and on one machine.
struct FrameHead {
  FrameKind kind{};
  std::uint32_t size = 0;  ///< of the payload, in bytes
};

/// One question or answer.
struct Frame {
  FrameKind kind{};
  std::string payload;
};

/// The longest payload: libjq counts in int.
inline constexpr std::size_t kFrameLimitBytes = std::size_t{1} << 30;

/// Sends one frame over a stream socket, blocking or not. SIGPIPE is never raised. send(2)
/// @param payload   at most kFrameLimitBytes
/// @param deadline  borrowed; null: none
/// @return 0 or errno, among it EPIPE if the other side has gone and ETIMEDOUT at the deadline
int send_frame(int socket, FrameKind kind, std::string_view payload, const Deadline* deadline);

/// Receives one frame into `frame`, whose memory is used again. The two sides take turns: nothing
/// of a later frame may be under way. recv(2)
/// @return as send_frame; EPROTO if what came is no frame
int receive_frame(int socket, Frame& frame, const Deadline* deadline);

}  // namespace hitch
