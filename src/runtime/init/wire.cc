#include "runtime/init/wire.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "runtime/base/packet.h"

namespace hitch {

namespace {

// Static, so that a request of any size is taken without allocating; untouched pages cost nothing.
alignas(16) std::array<char, kLargestPayload> g_payload;

constexpr int kMostTries = 500, kPauseMilliseconds = 10;

bool read_payload_file(IncomingRequest& request) noexcept {
  const std::size_t length = request.head.payload_bytes;
  if (length > g_payload.size()) return false;
  std::size_t done = 0;
  while (done < length) {
    const ssize_t n = ::pread(request.payload_file.get(), g_payload.data() + done, length - done,
                              static_cast<off_t>(done));
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  request.payload = std::span(g_payload).first(length);
  return true;
}

}  // namespace

InitWire::Receive InitWire::receive(IncomingRequest& request) noexcept {
  std::array parts{iovec{&request.head, sizeof request.head},
                   iovec{g_payload.data(), kLargestPacketPayload}};
  std::array<UniqueFd, kPacketFds> fds;
  const ssize_t n = receive_packet(kInitChannelFd, parts, fds, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return Receive::kNothing;
  if (n < static_cast<ssize_t>(sizeof request.head)) return Receive::kClosed;
  std::size_t next = 0;
  if (request.head.payload_in_file != 0) request.payload_file = std::move(fds[next++]);
  for (auto& stream : request.fds) stream = std::move(fds[next++]);
  for (auto& group : request.groups) group = std::move(fds[next++]);
  if (request.head.payload_in_file != 0) {
    return read_payload_file(request) ? Receive::kRequest : Receive::kClosed;
  }
  request.payload = std::span(g_payload).first(static_cast<std::size_t>(n) - sizeof request.head);
  return request.payload.size() == request.head.payload_bytes ? Receive::kRequest
                                                              : Receive::kClosed;
}

void InitWire::send(const InitReport& report, int fd) noexcept {
  const std::array part{iovec{const_cast<InitReport*>(&report), sizeof report}};
  const std::span<const int> fds(&fd, fd >= 0 ? 1 : 0);
  for (int tries = 0; send_packet(kInitChannelFd, part, fds) < 0; ++tries) {
    // The kernel may have memory again soon.
    const bool may_pass = errno == ENOMEM || errno == ENOBUFS || errno == ETOOMANYREFS;
    if (!may_pass || tries == kMostTries) ::_exit(1);  // nobody to report to: the end
    (void)::poll(nullptr, 0, kPauseMilliseconds);
  }
}

}  // namespace hitch
