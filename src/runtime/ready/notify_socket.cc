#include "runtime/ready/notify_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/ready/inside.h"

namespace hitch {

namespace {

/// The address of `name` in a directory. The path inside may be as long as an address may be, and
/// more goes in front of it from outside: so the directory is named by its descriptor.
Result<sockaddr_un> address_in(int directory, const std::string& name) {
  const std::string path = "/proc/self/fd/" + std::to_string(directory) + '/' + name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error::from_errno(ENAMETOOLONG, "use", name);
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

Status bind_in(int socket, int directory, const std::string& name) {
  HITCH_TRY(const auto address, address_in(directory, name));
  if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT) {
    return Error::from_errno(errno, "remove the old one");
  }
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Error::from_errno(errno, "bind");
  }
  // Sending takes the right to write, which this process's umask may have kept from others.
  if (::fchmodat(directory, name.c_str(), 0666, 0) != 0) return Error::from_errno(errno, "chmod");
  return Done{};
}

}  // namespace

Result<UniqueFd> make_notify_socket(pid_t viewer_pid, const std::string& path) {
  const std::string phrase = "make notify socket " + in_quotes(path);
  const auto slash = path.rfind('/');
  if (slash == path.npos || slash + 1 == path.size()) {
    return Error::from_errno(EINVAL, "use path").within(phrase);
  }
  auto directory = open_inside(viewer_pid, path.substr(0, slash + 1), O_PATH | O_DIRECTORY);
  if (!directory) return std::move(directory).error().within(phrase);
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return Error::from_errno(errno, "create socket").within(phrase);
  auto bound = bind_in(socket.get(), directory->get(), path.substr(slash + 1));
  if (!bound) return std::move(bound).error().within(phrase);
  return socket;
}

}  // namespace hitch
