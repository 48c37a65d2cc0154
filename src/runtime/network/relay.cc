#include "runtime/network/relay.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <optional>

#include "runtime/base/fd.h"

namespace hitch {

namespace {

/// What a pipe holds by default; more would take more of the user's share. pipe(7)
constexpr std::size_t kPipeBytes = 64 * 1024;
/// So many pipes full in a row, then it is somebody else's turn on the loop.
constexpr int kPipesInARow = 16;

/// Moves what `pipe` holds to where it goes.
Task<Done> empty_into(int pipe, std::size_t held, asio::posix::stream_descriptor* to) {
  while (held > 0) {
    const ssize_t n = ::splice(pipe, nullptr, to->native_handle(), nullptr, held,
                               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
      held -= static_cast<std::size_t>(n);
      continue;
    }
    if (n < 0 && errno != EAGAIN) co_return Error::from_errno(errno, "pass bytes on");
    const auto [ec] = co_await to->async_wait(to->wait_write, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for room");
  }
  co_return Done{};
}

Task<Done> one_way(asio::posix::stream_descriptor* from, asio::posix::stream_descriptor* to) {
  HITCH_CO_TRY(auto pipe, Pipe::create(O_NONBLOCK));
  for (int moved = 1;;) {
    const ssize_t n = ::splice(from->native_handle(), nullptr, pipe.write_end.get(), nullptr,
                               kPipeBytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n == 0) break;
    if (n > 0) {
      HITCH_CO_CHECK(co_await empty_into(pipe.read_end.get(), static_cast<std::size_t>(n), to));
      if (moved++ % kPipesInARow == 0) co_await asio::post(asio::use_awaitable);
      continue;
    }
    if (errno != EAGAIN) co_return Error::from_errno(errno, "take bytes");
    const auto [ec] = co_await from->async_wait(from->wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for bytes");
  }
  (void)::shutdown(to->native_handle(), SHUT_WR);
  co_return Done{};
}

}  // namespace

Task<Done> relay(asio::posix::stream_descriptor* one, asio::posix::stream_descriptor* other) {
  const auto executor = co_await asio::this_coro::executor;
  TaskGroup ways(executor);
  Event changed(executor);
  int ended = 0;
  std::optional<Error> failure;
  const auto note = [&](Status status) {
    ++ended;
    if (!status) failure = status.error();
    changed.wake_all();
  };
  ways.spawn(one_way(one, other), note);
  ways.spawn(one_way(other, one), note);
  Status status = Done{};
  while (ended < 2 && !failure && status) status = co_await changed.wait();
  co_await ignore_stop();
  co_await ways.stop();
  if (failure) co_return *failure;
  co_return status;
}

}  // namespace hitch
