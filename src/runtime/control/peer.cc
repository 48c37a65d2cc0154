#include "runtime/control/peer.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace hitch {

namespace {

/// @param kind  "user", "pid"
Result<struct stat> namespace_of(const std::string& process, const char* kind) {
  const std::string path = "/proc/" + process + "/ns/" + kind;
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Error::from_errno(errno, "look at", path);
  return info;
}

Status check_namespace(pid_t peer, const char* kind, const char* name) {
  HITCH_TRY(const auto ours, namespace_of("self", kind));
  auto theirs = namespace_of(std::to_string(peer), kind);
  if (!theirs) return std::move(theirs).error().within("check a client");
  if (ours.st_ino == theirs->st_ino && ours.st_dev == theirs->st_dev) return Done{};
  return Error::because("a client with pid " + std::to_string(peer) +
                            " was refused: it is in another " + name +
                            " namespace, as what runs inside of a bundle is",
                        Kind::kUsage);
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
  HITCH_CHECK(check_namespace(peer.pid, "user", "user"));
  // What runs in a bundle that is made by the rights of root may be root, in no other user
  // namespace.
  return check_namespace(peer.pid, "pid", "PID");
}

}  // namespace hitch
