#include "runtime/control/connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "runtime/base/packet.h"

namespace hitch {

namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
/// That nobody has asked for; more are closed.
constexpr std::size_t kMostFds = 8;

}  // namespace

Connection::Connection(const asio::any_io_executor& executor, UniqueFd socket)
    : socket_(executor, socket.release()), sent_(executor) {}

Task<std::optional<std::string>> Connection::receive() {
  for (;;) {
    const auto newline = received_.find('\n', searched_);
    if (newline != std::string::npos) {
      std::string line = received_.substr(0, newline);
      received_.erase(0, newline + 1);
      searched_ = 0;
      co_return std::optional(std::move(line));
    }
    searched_ = received_.size();
    if (received_.size() > kLongestLine) {
      co_return Error::because("a message is longer than 1 MiB", Kind::kUsage);
    }
    if (at_end_) co_return std::optional<std::string>();
    HITCH_CO_TRY(const bool more, fill());
    if (more || at_end_) continue;
    const auto [ec] = co_await socket_.async_wait(socket_.wait_read, kTuple);
    if (ec) co_return Error::from_errno(ec.value(), "wait for a client");
  }
}

Result<bool> Connection::fill() {
  if (!socket_.is_open()) return Error::from_errno(ENOTCONN, "read from a client");
  const std::size_t before = received_.size();
  received_.resize(before + kReadBytes);
  std::array part{iovec{received_.data() + before, kReadBytes}};
  std::array<UniqueFd, kPacketFds> fds;
  const ssize_t n = receive_packet(socket_.native_handle(), part, fds, MSG_DONTWAIT);
  const int err = errno;
  received_.resize(before + (n > 0 ? static_cast<std::size_t>(n) : 0));
  for (auto& fd : fds) {
    if (fd.is_open() && received_fds_.size() < kMostFds) received_fds_.push_back(std::move(fd));
  }
  if (n < 0 && err == EAGAIN) return false;
  // A client that has gone, however it went, is the end of what it had to say.
  at_end_ = n <= 0;
  return true;
}

void Connection::send(std::string line, std::vector<UniqueFd> fds) {
  if (!socket_.is_open()) return;
  unsent_ += line.size();
  outgoing_.push_back({std::move(line), 0, std::move(fds)});
  if (unsent_ > kMostUnsent) return close();
  flush();
}

bool Connection::send_some(Outgoing& message) {
  const std::array part{
      iovec{message.line.data() + message.sent, message.line.size() - message.sent}};
  std::array<int, kPacketFds> numbers{};
  std::size_t count = 0;
  for (const auto& fd : message.fds) {
    if (count < numbers.size()) numbers[count++] = fd.get();
  }
  const ssize_t n =
      send_packet(socket_.native_handle(), part, std::span(numbers).first(count), MSG_DONTWAIT);
  if (n < 0) {
    if (errno != EAGAIN) close();
    return false;
  }
  message.fds.clear();  // they went with the first byte
  message.sent += static_cast<std::size_t>(n);
  unsent_ -= static_cast<std::size_t>(n);
  if (unsent_ < kFewUnsent) sent_.wake_all();
  return true;
}

void Connection::flush() {
  if (waiting_for_room_) return;
  while (!outgoing_.empty()) {
    if (!send_some(outgoing_.front())) {
      if (!socket_.is_open()) return;
      waiting_for_room_ = true;
      socket_.async_wait(socket_.wait_write, [this, alive = alive_](boost::system::error_code ec) {
        if (ec || !*alive) return;
        waiting_for_room_ = false;
        flush();
      });
      return;
    }
    if (outgoing_.front().sent == outgoing_.front().line.size()) outgoing_.pop_front();
  }
}

Task<Done> Connection::caught_up() {
  while (is_open() && unsent_ >= kFewUnsent) HITCH_CO_CHECK(co_await sent_.wait());
  co_return Done{};
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  outgoing_.clear();
  unsent_ = 0;
  at_end_ = true;
  sent_.wake_all();
}

}  // namespace hitch
