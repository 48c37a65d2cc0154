#include "runtime/control/peer.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace hitch {

namespace {

Result<struct stat> user_namespace_of(const std::string& process) {
  const std::string path = "/proc/" + process + "/ns/user";
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Error::from_errno(errno, "look at", path);
  return info;
}

}  // namespace

Status check_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return Error::from_errno(errno, "ask who a client is");
  }
  if (peer.uid != ::geteuid() && peer.uid != 0) {
    return Error::because("a client of uid " + std::to_string(peer.uid) + " was refused",
                          Kind::kUsage);
  }
  HITCH_TRY(const auto ours, user_namespace_of("self"));
  auto theirs = user_namespace_of(std::to_string(peer.pid));
  if (!theirs) return std::move(theirs).error().within("check a client");
  if (ours.st_ino != theirs->st_ino || ours.st_dev != theirs->st_dev) {
    return Error::because("a client with pid " + std::to_string(peer.pid) +
                              " was refused: it is in another user namespace, as what runs inside "
                              "of a bundle is",
                          Kind::kUsage);
  }
  return Done{};
}

}  // namespace hitch
