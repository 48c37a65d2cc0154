#include "runtime/ready/notify.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "runtime/base/fd.h"

namespace hitch {

namespace {

/// What systemd takes; longer datagrams are ignored.
constexpr std::size_t kLongestDatagram = 4096;
/// How many datagrams are read before others have their turn.
constexpr int kDatagramsPerTurn = 64;

}  // namespace

bool says_ready(std::string_view datagram) noexcept {
  if (datagram.ends_with('\0')) datagram.remove_suffix(1);
  if (datagram.find('\0') != datagram.npos) return false;
  while (!datagram.empty()) {
    const auto end = datagram.find('\n');
    if (datagram.substr(0, end) == "READY=1") return true;
    datagram.remove_prefix(end == datagram.npos ? datagram.size() : end + 1);
  }
  return false;
}

/// Descriptors that come along are closed by the kernel, as nothing takes them: that is what a
/// service in sd_notify_barrier(3) waits for.
Status Notifications::take_all() {
  for (int count = 0; count < kDatagramsPerTurn; ++count) {
    std::array<char, kLongestDatagram> buffer;
    const auto n = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Done{};
    if (n < 0) return Error::from_errno(errno, "read notify socket");
    const auto size = static_cast<std::size_t>(n);
    if (size > buffer.size() || !says_ready({buffer.data(), size})) continue;
    is_ready_ = true;
    said_.wake_all();
  }
  return Done{};
}

Task<Done> Notifications::read() {
  HITCH_CO_TRY(auto copy, duplicate(socket_));  // the descriptor closes what it is given
  asio::posix::stream_descriptor readable(executor_, copy.release());
  for (;;) {
    const auto [ec] = co_await readable.async_wait(readable.wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for notify socket");
    HITCH_CO_CHECK(take_all());
  }
}

Task<Done> ignore_notifications(std::shared_ptr<asio::posix::stream_descriptor> socket) {
  for (;;) {
    const auto [ec] = co_await socket->async_wait(socket->wait_read, kTuple);
    if (ec) co_return Done{};
    for (int count = 0; count < kDatagramsPerTurn; ++count) {
      char first = 0;
      if (::recv(socket->native_handle(), &first, sizeof first, MSG_DONTWAIT) < 0) break;
    }
  }
}

Task<Done> Notifications::wait_ready() {
  while (!is_ready_) {
    HITCH_CO_CHECK(co_await said_.wait());
  }
  co_return Done{};
}

}  // namespace hitch
