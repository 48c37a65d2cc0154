#include "runtime/base/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace hitch {

namespace {

/// A path as an address: the directory held open, and a short way through it.
struct Place {
  UniqueFd directory;
  std::string name;
  sockaddr_un address{};
};

Result<Place> place_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Place place;
  place.name = slash == std::string::npos ? path : path.substr(slash + 1);
  place.directory.reset(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place.directory.is_open()) return Error::from_errno(errno, "open directory", directory);
  const std::string text =
      "/proc/self/fd/" + std::to_string(place.directory.get()) + '/' + place.name;
  place.address.sun_family = AF_UNIX;
  if (text.size() >= sizeof place.address.sun_path) {
    return Error::from_errno(ENAMETOOLONG, "use the socket", path);
  }
  std::copy(text.begin(), text.end(), place.address.sun_path);
  return place;
}

}  // namespace

Result<UniqueFd> listen_at(const std::string& path) {
  HITCH_TRY(const auto place, place_of(path));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return Error::from_errno(errno, "create a socket");
  if (::unlinkat(place.directory.get(), place.name.c_str(), 0) != 0 && errno != ENOENT) {
    return Error::from_errno(errno, "replace", path);
  }
  // Nobody else gets in between bind and chmod: the directory is private.
  const auto* address = reinterpret_cast<const sockaddr*>(&place.address);
  if (::bind(socket.get(), address, sizeof place.address) != 0 ||
      ::fchmodat(place.directory.get(), place.name.c_str(), 0600, 0) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    return Error::from_errno(errno, "listen at", path);
  }
  return socket;
}

Result<UniqueFd> connect_to(const std::string& path) {
  HITCH_TRY(const auto place, place_of(path));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return Error::from_errno(errno, "create a socket");
  const auto* address = reinterpret_cast<const sockaddr*>(&place.address);
  if (::connect(socket.get(), address, sizeof place.address) != 0) {
    return Error::from_errno(errno, "connect to", path);
  }
  return socket;
}

}  // namespace hitch
