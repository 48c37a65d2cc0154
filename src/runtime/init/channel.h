#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hitch {

/// What the supervisor and init say to each other over a pair of sequenced-packet sockets, one
/// packet a message. Both ends come from the same build, so numbers travel as the machine has them.

/// The descriptor at which init finds its end.
inline constexpr int kInitChannelFd = 3;

/// The one argument that init may get: stay in the network of the host; make no namespaces at all.
inline constexpr const char* kHostNetworkWord = "host-network";
inline constexpr const char* kNoNamespacesWord = "no-namespaces";
/// The step in which a machine says that it does not let us.
inline constexpr const char* kCreateNamespaces = "create namespaces";

/// The step that some seccomp profiles of containers refuse, even in a user namespace.
inline constexpr const char* kSetHostName = "set the host name";
/// The step that fails where system calls cannot be listened to.
inline constexpr const char* kLoadFilter = "load the system call filter";

enum class RequestKind : std::uint32_t {
  kSetup,   ///< build the namespaces' insides; answered by kSetupDone or kSetupFailed
  kLaunch,  ///< start a program; with three descriptors; kLaunched or kLaunchFailed, later kExited
  kSignal,  ///< signal what a launch started; not answered
  kSocket,  ///< create a socket inside; answered by kSocketMade
};

/// The head of every request; a payload of `payload_bytes` follows it, or is in a file whose
/// descriptor comes along when it is too long for a packet.
struct RequestHead {
  RequestKind kind{};
  std::uint32_t id = 0;  ///< chosen by the supervisor, repeated in the answers
  std::uint32_t payload_bytes = 0;
  std::uint32_t payload_in_file = 0;
};

/// Payloads longer than this travel in a file: a packet has to fit into the socket's send buffer,
/// whose usual limit is 208 KiB.
inline constexpr std::size_t kLargestPacketPayload = 48 * 1024;
/// The longest payload at all; exec(2) takes at most 2 MiB of arguments and environment by default.
inline constexpr std::size_t kLargestPayload = 4 * 1024 * 1024;

struct SignalRequest {
  enum class Scope : std::uint32_t { kProcess, kGroup };
  std::int32_t signal = 0;
  Scope scope = Scope::kProcess;
};

struct SocketRequest {
  std::int32_t family = 0, type = 0, protocol = 0;
};

enum class ReportKind : std::uint32_t {
  kSetupDone,     ///< err: why changes to files could not be confined; 0: they are, or need not be
  kSetupFailed,   ///< err; text says which step on what; step is the mount step, from 1, or 0
  kLaunched,      ///< pid inside; a pidfd comes along
  kLaunchFailed,  ///< step is a ChildStep; err
  kExited,        ///< status as waitpid(2) has it, and what the process used
  kSocketMade,    ///< err, or the socket comes along
};

/// Everything init says. Fixed size, so that init never allocates to say it.
struct InitReport {
  ReportKind kind{};
  std::uint32_t id = 0;
  std::int32_t pid = 0;
  std::int32_t err = 0;
  std::uint32_t step = 0;
  std::int32_t status = 0;
  std::int64_t user_us = 0;  ///< processor time of the process and its reaped children
  std::int64_t system_us = 0;
  std::int64_t max_rss_kib = 0;
  std::array<char, 256> text{};  ///< ends with NUL
};

}  // namespace hitch
