#include "introspect/parsers.h"

#include <cstring>

#include "introspect/field_cursor.h"

namespace hitch {

namespace {

constexpr std::size_t kDigitsPerWord = 8;

/// "0100007F:1F90": the address is printed as 32-bit words in the byte order of the machine, each
/// of which holds four bytes in network order.
SocketEnd socket_end(FieldCursor& fields, std::string_view field, bool is_v6) noexcept {
  SocketEnd end;
  const std::size_t digits = kDigitsPerWord * (is_v6 ? 4 : 1);
  // A field that is too short becomes a text that is no number.
  for (std::size_t at = 0; at < digits; at += kDigitsPerWord) {
    const auto part = field.size() > digits ? field.substr(at, kDigitsPerWord) : "none";
    const auto word = fields.take<std::uint32_t>(part, 16);
    std::memcpy(end.address.data() + at / 2, &word, sizeof word);
  }
  const bool has_port = field.size() > digits && field[digits] == ':';
  end.port = fields.take<std::uint16_t>(has_port ? field.substr(digits + 1) : "none", 16);
  return end;
}

/// What is behind field 22. A kernel that has less has left the rest at 0.
void read_later_fields(FieldCursor& field, ProcStat& stat) noexcept {
  const auto vsize = field.number<std::uint64_t>();     // 23
  const auto rss_pages = field.number<std::int64_t>();  // 24
  if (!field.ok()) return;
  stat.vsize = vsize;
  stat.rss_pages = rss_pages;
  field.skip(14);
  const auto processor = field.number<int>();  // 39
  if (!field.ok()) return;
  stat.processor = processor;
  field.skip(2);
  const auto block_delay = field.number<std::uint64_t>();  // 42
  if (field.ok()) stat.block_delay = block_delay;
}

}  // namespace

std::optional<ProcStat> parse_stat(std::string_view line) noexcept {
  const auto open = line.find('('), close = line.rfind(')');
  if (open == line.npos || close == line.npos || close < open || close + 2 > line.size()) return {};
  if (line.ends_with('\n')) line.remove_suffix(1);
  ProcStat stat{.comm = line.substr(open + 1, close - open - 1)};
  FieldCursor before(line.substr(0, open));
  stat.pid = before.number<pid_t>();
  FieldCursor field(line.substr(close + 1));  // starts at field 3, numbered as in proc(5)
  const auto state = field.text();
  if (state.size() != 1) return {};
  stat.state = state.front();
  stat.parent = field.number<pid_t>();           // 4
  stat.process_group = field.number<pid_t>();    // 5
  stat.session = field.number<pid_t>();          // 6
  stat.terminal = field.number<std::int64_t>();  // 7
  field.skip(1);
  stat.flags = field.number<unsigned>();  // 9
  field.skip(4);
  stat.utime = field.number<std::uint64_t>();           // 14
  stat.stime = field.number<std::uint64_t>();           // 15
  stat.children_utime = field.number<std::uint64_t>();  // 16
  stat.children_stime = field.number<std::uint64_t>();  // 17
  field.skip(1);
  stat.nice = field.number<int>();     // 19
  stat.threads = field.number<int>();  // 20
  field.skip(1);
  stat.start_time = field.number<std::uint64_t>();  // 22
  if (!before.ok() || !field.ok()) return {};
  read_later_fields(field, stat);
  return stat;
}

std::optional<TcpSocket> parse_tcp_line(std::string_view line) noexcept {
  FieldCursor field(line);
  field.skip(1);  // "0:"
  const auto local = field.text(), remote = field.text();
  TcpSocket socket;
  socket.is_v6 = local.size() > 4 * kDigitsPerWord;
  socket.local = socket_end(field, local, socket.is_v6);
  socket.remote = socket_end(field, remote, socket.is_v6);
  socket.state = static_cast<TcpState>(field.number<std::uint8_t>(16));
  field.skip(3);  // tx_queue:rx_queue, tr:tm->when, retrnsmt
  socket.uid = field.number<uid_t>();
  field.skip(1);  // timeout
  socket.inode = field.number<std::uint64_t>();
  return field.ok() ? std::optional(socket) : std::nullopt;
}

std::optional<UnixSocket> parse_unix_line(std::string_view line) noexcept {
  FieldCursor field(line);
  field.skip(4);  // "0000000000000000:", references, protocol, flags
  UnixSocket socket;
  socket.type = field.number<int>(16);
  field.skip(1);  // state
  const auto inode = field.text();
  socket.inode = field.take<std::uint64_t>(inode);
  if (!field.ok()) return std::nullopt;
  // The path may hold blanks: it is all that is behind the blank behind the inode.
  const auto end = static_cast<std::size_t>(inode.data() + inode.size() - line.data());
  if (end + 1 < line.size()) socket.path = line.substr(end + 1);
  return socket;
}

std::optional<std::uint64_t> parse_socket_link(std::string_view link) noexcept {
  constexpr std::string_view kPrefix = "socket:[";
  if (!link.starts_with(kPrefix) || !link.ends_with(']')) return std::nullopt;
  FieldCursor field({});
  link.remove_prefix(kPrefix.size());
  link.remove_suffix(1);
  const auto inode = field.take<std::uint64_t>(link);
  return field.ok() ? std::optional(inode) : std::nullopt;
}

std::string_view take_line(std::string_view& text) noexcept {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

}  // namespace hitch
