#include "runtime/base/packet.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hitch {

ssize_t send_packet(int socket, std::span<const iovec> parts, std::span<const int> fds,
                    int flags) noexcept {
  std::array<int, kPacketFds> numbers{};
  const std::size_t count = std::min(fds.size(), numbers.size());
  std::copy_n(fds.begin(), count, numbers.begin());
  alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(sizeof numbers)> control{};
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  if (count > 0) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr head{};
    head.cmsg_level = SOL_SOCKET;
    head.cmsg_type = SCM_RIGHTS;
    head.cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(control.data(), &head, sizeof head);
    std::memcpy(control.data() + CMSG_LEN(0), numbers.data(), count * sizeof(int));
  }
  ssize_t n = 0;
  do {
    n = ::sendmsg(socket, &message, flags | MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n;
}

ssize_t receive_packet(int socket, std::span<iovec> parts, std::array<UniqueFd, kPacketFds>& fds,
                       int flags) noexcept {
  alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(kPacketFds * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t n = 0;
  do {
    n = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return n;
  std::size_t next = 0;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(head) + i * sizeof(int), sizeof number);
      UniqueFd fd(number);  // one too many is closed
      if (next < fds.size()) fds[next++] = std::move(fd);
    }
  }
  return n;
}

}  // namespace hitch
