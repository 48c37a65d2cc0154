#include "runtime/client/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <utility>

#include "runtime/base/packet.h"
#include "runtime/base/unix_socket.h"

namespace hitch {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

Error bundle_has_gone() {
  return Error::because("the bundle has ended");
}

}  // namespace

Result<ControlClient> ControlClient::connect(const std::string& path) {
  HITCH_TRY(auto socket, connect_to(path));
  return ControlClient(std::move(socket));
}

Status ControlClient::send_line(const std::string& line, const std::vector<int>& fds) {
  std::size_t sent = 0;
  while (sent < line.size()) {
    const std::array part{iovec{const_cast<char*>(line.data()) + sent, line.size() - sent}};
    const ssize_t n =
        send_packet(socket_.get(), part, sent == 0 ? std::span(fds) : std::span<int>());
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return bundle_has_gone();
    if (n < 0) return Error::from_errno(errno, "send to the bundle");
    sent += static_cast<std::size_t>(n);
  }
  return Done{};
}

Status ControlClient::send(std::string_view method, json::object params) {
  return send_line(request_line(next_id_++, method, std::move(params)), {});
}

Status ControlClient::fill(bool wait, const std::optional<Deadline>& deadline) {
  if (wait) {
    pollfd readable{socket_.get(), POLLIN, 0};
    const int patience = deadline ? static_cast<int>(deadline->left().count()) : -1;
    const int ready = ::poll(&readable, 1, patience);
    if (ready < 0 && errno != EINTR) return Error::from_errno(errno, "wait for the bundle");
    if (ready == 0) return Error::because("the bundle has not answered in time", Kind::kTimeout);
  }
  const std::size_t before = received_.size();
  received_.resize(before + kReadBytes);
  std::array part{iovec{received_.data() + before, kReadBytes}};
  std::array<UniqueFd, kPacketFds> fds;
  const ssize_t n = receive_packet(socket_.get(), part, fds, MSG_DONTWAIT);
  const int err = errno;
  received_.resize(before + (n > 0 ? static_cast<std::size_t>(n) : 0));
  for (auto& fd : fds) {
    if (fd.is_open()) fds_.push_back(std::move(fd));
  }
  if (n == 0 || (n < 0 && err == ECONNRESET)) closed_ = true;
  if (n < 0 && err != EAGAIN && err != ECONNRESET) {
    return Error::from_errno(err, "read from the bundle");
  }
  return Done{};
}

Result<std::optional<json::object>> ControlClient::take_message() {
  const auto newline = received_.find('\n');
  if (newline == std::string::npos) return std::optional<json::object>();
  boost::system::error_code ec;
  auto message = json::parse(std::string_view(received_).substr(0, newline), ec);
  received_.erase(0, newline + 1);
  if (ec || !message.is_object())
    return Error::because("the bundle said something that is not JSON");
  return std::optional(std::move(message.get_object()));
}

Result<json::value> ControlClient::call(std::string_view method, json::object params,
                                        const std::vector<int>& fds,
                                        std::optional<Deadline> deadline) {
  const std::uint64_t id = next_id_++;
  fds_.clear();
  const auto sent = send_line(request_line(id, method, std::move(params)), fds);
  if (!sent) (void)fill(false, std::nullopt);  // it may say why it does not listen
  for (;;) {
    HITCH_TRY(auto message, take_message());
    if (!message) {
      if (!sent) return sent.error();
      if (closed_) return bundle_has_gone();
      HITCH_CHECK(fill(true, deadline));
      continue;
    }
    if (message->contains("method")) {
      notifications_.push_back(*std::move(message));
      continue;
    }
    const auto* answers = message->if_contains("id");
    const bool ours = answers != nullptr && (answers->is_null() || *answers == json::value(id));
    if (ours) return answer_of(*message);
  }
}

Result<std::optional<json::object>> ControlClient::arrived_notification() {
  if (!notifications_.empty()) {
    auto first = std::move(notifications_.front());
    notifications_.erase(notifications_.begin());
    return std::optional(std::move(first));
  }
  for (;;) {
    HITCH_TRY(auto message, take_message());
    if (message && message->contains("method")) return message;
    if (message) continue;  // the answer to a send()
    const auto before = received_.size();
    if (closed_) return std::optional<json::object>();
    HITCH_CHECK(fill(false, std::nullopt));
    if (received_.size() == before) return std::optional<json::object>();
  }
}

Result<std::optional<json::object>> ControlClient::next_notification() {
  for (;;) {
    HITCH_TRY(auto message, arrived_notification());
    if (message || closed_) return message;
    HITCH_CHECK(fill(true, std::nullopt));
  }
}

pid_t ControlClient::peer() const {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  const int got = ::getsockopt(fd(), SOL_SOCKET, SO_PEERCRED, &credentials, &size);
  return got == 0 ? credentials.pid : 0;
}

}  // namespace hitch
