// Says READY=1 on $NOTIFY_SOCKET, a path or an abstract name. sd_notify(3)
// [--after MS] [--first MESSAGE] [--child] [--never] [--barrier]
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "fixture_programs/fixture.h"

namespace {

/// @param descriptor  to send along; -1: none
void notify(const std::string& message, int descriptor = -1) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr) {
    std::fprintf(stderr, "NOTIFY_SOCKET is not set\n");
    std::exit(1);
  }
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::min(std::strlen(name), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, name, size);
  if (name[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  iovec part{const_cast<char*>(message.data()), message.size()};
  msghdr packet{};
  packet.msg_name = &address;
  packet.msg_namelen = length;
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
  if (descriptor >= 0) {
    packet.msg_control = control;
    packet.msg_controllen = sizeof control;
    cmsghdr* head = CMSG_FIRSTHDR(&packet);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
  }
  if (::sendmsg(fd, &packet, MSG_NOSIGNAL) < 0) {
    std::fprintf(stderr, "cannot notify '%s': %s\n", name, std::strerror(errno));
    std::exit(1);
  }
  ::close(fd);
}

/// Waits until all that was sent before has been read. sd_notify_barrier(3)
void pass_barrier() {
  int ends[2] = {};
  if (::pipe(ends) != 0) std::exit(1);
  notify("BARRIER=1", ends[1]);
  ::close(ends[1]);
  pollfd closed{ends[0], 0, 0};
  ::poll(&closed, 1, -1);
}

}  // namespace

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  if (arguments.has("--child") && ::fork() != 0) fixture::stay();
  if (const char* first = arguments.text("--first", nullptr)) notify(first);
  fixture::sleep_ms(arguments.number("--after", 0));
  if (!arguments.has("--never")) notify("STATUS=up\nREADY=1\n");
  if (arguments.has("--barrier")) {
    fixture::sleep_ms(50);  // the first word has been read, and nobody waits for one any more
    pass_barrier();
  }
  fixture::say("notified");
  fixture::stay();
}
