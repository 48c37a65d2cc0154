#pragma once

namespace hitch::bench {

/// The first byte of a connection to echo_server says what it is for.
/// Whatever comes is sent back, this byte too.
constexpr char kEcho = 'e';
/// What comes is counted. At its end the count is sent back, a std::uint64_t of this machine.
constexpr char kSink = 's';
/// A std::uint64_t follows; so many bytes are sent.
constexpr char kSource = 'o';

}  // namespace hitch::bench
