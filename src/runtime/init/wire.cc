#include "runtime/init/wire.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace hitch {

namespace {

// Static, so that a request of any size is taken without allocating; untouched pages cost nothing.
alignas(16) std::array<char, kLargestPayload> g_payload;

/// Takes what came along: the file with the payload first, if there is one, then the streams.
void take_descriptors(const msghdr& message, IncomingRequest& request) noexcept {
  std::size_t next = 0;
  bool payload_first = request.head.payload_in_file != 0;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(const_cast<msghdr*>(&message), head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(head) + i * sizeof(int), sizeof number);
      UniqueFd fd(number);
      if (std::exchange(payload_first, false)) {
        request.payload_file = std::move(fd);
      } else if (next < request.fds.size()) {
        request.fds[next++] = std::move(fd);
      }
    }
  }
}

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
  std::array<iovec, 2> parts{iovec{&request.head, sizeof request.head},
                             iovec{g_payload.data(), kLargestPacketPayload}};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control;
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(kInitChannelFd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Receive::kNothing;
  if (n < static_cast<ssize_t>(sizeof request.head)) return Receive::kClosed;
  take_descriptors(message, request);
  if (request.head.payload_in_file != 0) {
    if (!read_payload_file(request)) return Receive::kClosed;
    return Receive::kRequest;
  }
  request.payload = std::span(g_payload).first(static_cast<std::size_t>(n) - sizeof request.head);
  return request.payload.size() == request.head.payload_bytes ? Receive::kRequest
                                                              : Receive::kClosed;
}

void InitWire::send(const InitReport& report, int fd) noexcept {
  iovec part{const_cast<InitReport*>(&report), sizeof report};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  }
  while (::sendmsg(kInitChannelFd, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) ::_exit(1);  // nobody to report to: the bundle ends
  }
}

}  // namespace hitch
