#include "runtime/jq/frame.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

namespace hitch {

namespace {

/// A head and most payloads: one recv(2) takes both.
constexpr std::size_t kEagerBytes = 8192;

/// Waits until something can be done with the socket. poll(2) says so too if the other side has
/// gone: what is tried then tells.
int wait_for(int socket, short event, const Deadline* deadline) {
  if (deadline == nullptr) return 0;  // the call itself waits
  for (;;) {
    pollfd waited{socket, event, 0};
    const auto left =
        std::min<Milliseconds::rep>(deadline->left().count(), std::numeric_limits<int>::max());
    const int ready = ::poll(&waited, 1, static_cast<int>(left));
    if (ready > 0) return 0;
    if (ready == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
}

int flags_for(const Deadline* deadline) {
  return deadline != nullptr ? MSG_DONTWAIT : 0;
}

bool is_no_failure(int err) {
  return err == EINTR || err == EAGAIN;
}

/// Receives at least one byte. @return how many; 0 after a failure, with `err` set
std::size_t receive_some(int socket, char* to, std::size_t size, const Deadline* deadline,
                         int& err) {
  for (;;) {
    err = wait_for(socket, POLLIN, deadline);
    if (err != 0) return 0;
    const ssize_t n = ::recv(socket, to, size, flags_for(deadline));
    if (n > 0) return static_cast<std::size_t>(n);
    err = n == 0 ? EPIPE : errno;
    if (err == ECONNRESET) err = EPIPE;  // it went with something of ours unread. unix(7)
    if (!is_no_failure(err)) return 0;
  }
}

}  // namespace

int send_frame(int socket, FrameKind kind, std::string_view payload, const Deadline* deadline) {
  FrameHead head{kind, static_cast<std::uint32_t>(payload.size())};
  std::array<iovec, 2> parts{
      {{&head, sizeof head}, {const_cast<char*>(payload.data()), payload.size()}}};
  for (std::size_t left = sizeof head + payload.size(); left > 0;) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t n = ::sendmsg(socket, &message, MSG_NOSIGNAL | flags_for(deadline));
    if (n < 0 && !is_no_failure(errno)) return errno;
    auto sent = n < 0 ? 0 : static_cast<std::size_t>(n);
    left -= sent;
    for (auto& part : parts) {
      const auto done = std::min(sent, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + done;
      part.iov_len -= done;
      sent -= done;
    }
    if (left == 0) break;
    if (const int err = wait_for(socket, POLLOUT, deadline); err != 0) return err;
  }
  return 0;
}

int receive_frame(int socket, Frame& frame, const Deadline* deadline) {
  std::array<char, kEagerBytes> start;
  int err = 0;
  std::size_t have = 0;
  while (have < sizeof(FrameHead)) {
    const auto n = receive_some(socket, start.data() + have, start.size() - have, deadline, err);
    if (n == 0) return err;
    have += n;
  }
  FrameHead head;
  std::memcpy(&head, start.data(), sizeof head);
  have -= sizeof head;
  if (head.size > kFrameLimitBytes || have > head.size) return EPROTO;
  frame.kind = head.kind;
  frame.payload.resize(head.size);
  std::memcpy(frame.payload.data(), start.data() + sizeof head, have);
  while (have < head.size) {
    const auto n =
        receive_some(socket, frame.payload.data() + have, head.size - have, deadline, err);
    if (n == 0) return err;
    have += n;
  }
  return 0;
}

}  // namespace hitch
