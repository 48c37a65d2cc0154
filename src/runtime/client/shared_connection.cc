#include "runtime/client/shared_connection.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <memory>
#include <span>
#include <utility>

#include "runtime/base/packet.h"
#include "runtime/base/utf8.h"
#include "runtime/client/quiet_thread.h"

namespace hitch {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
// A longer message would be the end of the connection, and of the bundle with it.
constexpr std::size_t kLongestBytes = std::size_t{1} << 20;

Error bundle_has_ended() {
  return Error::because(std::string(kBundleHasEnded));
}

/// A message that is no JSON would not be answered as ours.
bool is_utf8(std::string_view line) {
  while (!line.empty()) {
    const auto length = character_length(line);
    if (length == 0) return false;
    line.remove_prefix(length);
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<SharedConnection>> SharedConnection::over(UniqueFd socket,
                                                                 OnEvent on_event) {
  UniqueFd ended_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!ended_fd.is_open()) return Error::from_errno(errno, "create an eventfd");
  std::unique_ptr<SharedConnection> connection(
      new SharedConnection(std::move(socket), std::move(ended_fd), std::move(on_event)));
  HITCH_TRY(connection->reader_,
            start_quiet_thread([self = connection.get()] { self->read_all(); }));
  return connection;
}

SharedConnection::SharedConnection(UniqueFd socket, UniqueFd ended_fd, OnEvent on_event)
    : socket_(std::move(socket)), ended_fd_(std::move(ended_fd)), on_event_(std::move(on_event)) {}

SharedConnection::~SharedConnection() {
  hang_up();
}

void SharedConnection::hang_up() {
  // The thread that reads sees the end of the stream; the socket stays open until it has.
  (void)::shutdown(socket_.get(), SHUT_RDWR);
  if (reader_.joinable()) reader_.join();
  note_end();
}

bool SharedConnection::has_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

Result<json::value> SharedConnection::call(std::string_view method, json::object params,
                                           const std::vector<int>& fds) {
  if (fds.empty()) return exchange(method, std::move(params), fds);
  const std::lock_guard lock(with_fds_);
  return exchange(method, std::move(params), fds);
}

Result<json::value> SharedConnection::exchange(std::string_view method, json::object params,
                                               const std::vector<int>& fds) {
  HITCH_TRY(const auto request, begin(method, std::move(params), fds));
  return finish(request);
}

Result<std::uint64_t> SharedConnection::begin(std::string_view method, json::object params,
                                              const std::vector<int>& fds) {
  std::unique_lock lock(mutex_);
  const std::uint64_t id = next_id_++;
  auto line = request_line(id, method, std::move(params));
  if (line.size() > kLongestBytes) {
    return Error::because(std::string(method) + ": a request of " + std::to_string(line.size()) +
                              " bytes is longer than 1 MiB",
                          Kind::kUsage);
  }
  if (!is_utf8(line)) {
    return Error::because(std::string(method) + ": a text in it is not UTF-8", Kind::kUsage);
  }
  if (ended_) return bundle_has_ended();
  answers_[id];
  lock.unlock();
  const auto sent = send_line(line, fds);
  if (sent) return id;
  // What could not be sent may have an answer all the same: why nobody listens.
  lock.lock();
  answers_[id].refusal = sent.error();
  return id;
}

Result<json::value> SharedConnection::finish(std::uint64_t request) {
  std::unique_lock lock(mutex_);
  const auto is_over = [&] {
    const auto& answer = answers_[request];
    return ended_ || answer.has_come || answer.refusal;
  };
  changed_.wait(lock, is_over);
  const auto answer = std::move(answers_[request]);
  answers_.erase(request);
  if (answer.has_come) return answer_of(answer.message);
  return answer.refusal ? *answer.refusal : bundle_has_ended();
}

void SharedConnection::tell(std::string_view method, json::object params) {
  // An answer that nobody waits for is passed over.
  (void)send_line(request_line(0, method, std::move(params)), {});
}

Status SharedConnection::send_line(const std::string& line, const std::vector<int>& fds) {
  const std::lock_guard lock(sending_);
  std::size_t sent = 0;
  while (sent < line.size()) {
    const std::array part{iovec{const_cast<char*>(line.data()) + sent, line.size() - sent}};
    const ssize_t n =
        send_packet(socket_.get(), part, sent == 0 ? std::span(fds) : std::span<int>());
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return bundle_has_ended();
    if (n < 0) return Error::from_errno(errno, "send to the bundle");
    sent += static_cast<std::size_t>(n);
  }
  return Done{};
}

Result<std::optional<int>> SharedConnection::wait_exec(std::int64_t number,
                                                       const std::optional<Deadline>& deadline) {
  std::unique_lock lock(mutex_);
  const auto is_over = [&] { return ended_ || exit_codes_.contains(number); };
  if (deadline) {
    changed_.wait_until(lock, deadline->when(), is_over);
  } else {
    changed_.wait(lock, is_over);
  }
  if (auto found = exit_codes_.extract(number)) return std::optional(found.mapped());
  if (ended_) return Error::because("the bundle ended while a sub-command ran");
  return std::optional<int>();
}

void SharedConnection::read_all() {
  std::string received;
  std::array<char, kReadBytes> buffer;
  for (;;) {
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    const std::size_t searched = received.size();
    received.append(buffer.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (auto end = received.find('\n', searched); end != std::string::npos;
         end = received.find('\n', begin)) {
      take(std::string_view(received).substr(begin, end - begin));
      begin = end + 1;
    }
    received.erase(0, begin);
  }
  note_end();
}

void SharedConnection::take(std::string_view line) {
  boost::system::error_code ec;
  auto value = json::parse(line, ec);
  if (ec || !value.is_object()) return;
  auto& message = value.get_object();
  const auto* method = message.if_contains("method");
  const auto* params = message.if_contains("params");
  if (method != nullptr && params != nullptr && params->is_object()) {
    const auto& about = params->get_object();
    if (*method == "event" && on_event_) on_event_(about);
    if (*method != "exec.ended") return;
    const std::lock_guard lock(mutex_);
    exit_codes_[about.at("exec").to_number<std::int64_t>()] =
        about.at("exit_code").to_number<int>();
    changed_.notify_all();
    return;
  }
  const auto* id = message.if_contains("id");
  if (id == nullptr || !id->is_number()) return;
  const std::lock_guard lock(mutex_);
  const auto waiting = answers_.find(id->to_number<std::uint64_t>());
  if (waiting == answers_.end()) return;
  waiting->second.has_come = true;
  waiting->second.message = std::move(message);
  changed_.notify_all();
}

void SharedConnection::note_end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  const std::uint64_t one = 1;
  (void)!::write(ended_fd_.get(), &one, sizeof one);
  changed_.notify_all();
}

}  // namespace hitch
