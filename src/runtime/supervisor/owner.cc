// Who a bundle belongs to: the process at the other end of a socket. Its end is the bundle's end.
#include "runtime/supervisor/owner.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>

#include "runtime/base/pidfd.h"
#include "runtime/supervisor/bundle_run.h"

namespace hitch {

namespace {

/// Who called socketpair(2), whoever has the socket now. SO_PEERCRED in unix(7)
pid_t maker_of(int socket) {
  ucred maker{};
  socklen_t size = sizeof maker;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &maker, &size) != 0) return 0;
  return maker.pid;
}

}  // namespace

Task<Done> wait_for_end_of_owner(asio::any_io_executor executor, int socket) {
  Event never(executor);
  const pid_t pid = maker_of(socket);
  if (pid <= 0) co_return co_await never.wait();  // of another PID namespace
  auto owner = Pidfd::open(pid);
  if (!owner && owner.error().err() == ESRCH) co_return Done{};
  UniqueFd watched(owner ? ::fcntl(owner->get(), F_DUPFD_CLOEXEC, 0) : -1);
  if (!watched.is_open()) co_return co_await never.wait();  // too many files are open
  asio::posix::stream_descriptor ended(executor, watched.release());
  const auto [ec] = co_await ended.async_wait(ended.wait_read, kTuple);
  if (ec) co_return Error::from_errno(ec.value(), "wait for the owner of the bundle");
  co_return Done{};
}

Status BundleRun::accept_owner() {
  if (!request_->owner) return Done{};
  if (!server_) return Error::because("the owner of the bundle cannot be served");
  UniqueFd socket = std::move(*request_->owner);
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return Error::from_errno(errno, "use the socket of the bundle's owner");
  }
  const auto on_end = [this](const Status&) { on_owner_gone(); };
  scope_.tasks.spawn(wait_for_end_of_owner(scope_.executor, socket.get()), on_end);
  server_->serve(std::move(socket), on_end);
  return Done{};
}

/// At once, as if it had been killed itself: nobody is left who could want an orderly end.
void BundleRun::on_owner_gone() {
  if (killed_) return;
  begin_to_stop({kOwnerGone, false});
  killed_ = true;
  if (space_) space_->kill();
  scope_.states_changed.wake_all();
}

}  // namespace hitch
