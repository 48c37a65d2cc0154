// Says READY=1 on $NOTIFY_SOCKET, a path or an abstract name. sd_notify(3)
// [--after MS] [--first MESSAGE] [--child] [--never]
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "fixture_programs/fixture.h"

namespace {

void notify(const std::string& message) {
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
  if (::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL,
               reinterpret_cast<sockaddr*>(&address), length) < 0) {
    std::fprintf(stderr, "cannot notify '%s': %s\n", name, std::strerror(errno));
    std::exit(1);
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const fixture::Arguments arguments(argc, argv);
  if (arguments.has("--child") && ::fork() != 0) fixture::stay();
  if (const char* first = arguments.text("--first", nullptr)) notify(first);
  fixture::sleep_ms(arguments.number("--after", 0));
  if (!arguments.has("--never")) notify("STATUS=up\nREADY=1\n");
  fixture::say("notified");
  fixture::stay();
}
