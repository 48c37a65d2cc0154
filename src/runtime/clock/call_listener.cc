#include "runtime/clock/call_listener.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <utility>

namespace hitch {

namespace {

// Newer than Debian 12's headers; Linux 6.6. seccomp_unotify(2)
constexpr unsigned long kSetFlags = _IOW('!', 4, std::uint64_t);
constexpr unsigned long kSyncWakeUp = 1;
constexpr std::uint32_t kSendToo = 2;  // SECCOMP_ADDFD_FLAG_SEND, Linux 5.14

}  // namespace

CallListener::CallListener(UniqueFd fd) noexcept : fd_(std::move(fd)) {
  // The task and whoever answers take turns, so they had better share a CPU. An older kernel
  // refuses, and is a little slower.
  (void)::ioctl(fd_.get(), kSetFlags, kSyncWakeUp);
}

std::optional<HeldCall> CallListener::receive() const noexcept {
  HeldCall call{};
  if (::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return std::nullopt;
  return call;
}

bool CallListener::still_waits(const HeldCall& call) const noexcept {
  return ::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) == 0;
}

void CallListener::send(const HeldCall& call, std::int64_t value, int err,
                        std::uint32_t flags) const noexcept {
  seccomp_notif_resp response{};
  response.id = call.id;
  response.val = value;
  response.error = err;
  response.flags = flags;
  (void)::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);  // nobody may wait any more
}

void CallListener::let_through(const HeldCall& call) const noexcept {
  send(call, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

void CallListener::answer(const HeldCall& call, std::int64_t value) const noexcept {
  send(call, value, 0, 0);
}

void CallListener::refuse(const HeldCall& call, int err) const noexcept {
  send(call, 0, -err, 0);
}

int CallListener::answer_with_fd(const HeldCall& call, int fd) const noexcept {
  seccomp_notif_addfd addition{};
  addition.id = call.id;
  addition.flags = kSendToo;
  addition.srcfd = static_cast<std::uint32_t>(fd);
  addition.newfd_flags = O_CLOEXEC;
  return ::ioctl(fd_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &addition) >= 0 ? 0 : errno;
}

}  // namespace hitch
