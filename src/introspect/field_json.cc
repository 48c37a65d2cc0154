#include "introspect/field_json.h"

#include <array>
#include <charconv>
#include <cmath>

namespace hitch::introspect {

namespace {

/// Bytes of the UTF-8 sequence at the beginning of a text; 0: there is none. RFC 3629, section 4
std::size_t sequence_at(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  unsigned low = 0x80, high = 0xbf;  // of the second byte: no overlong forms, no surrogates
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return size;
}

void add_escape(std::string& out, unsigned unit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[unit >> shift & 0xfU];
}

}  // namespace

void FieldJson::open(char bracket) {
  out_ += bracket;
  is_first_ = true;
}

void FieldJson::close(char bracket) {
  out_ += bracket;
  is_first_ = false;
}

void FieldJson::next() {
  if (!is_first_) out_ += ',';
  is_first_ = false;
}

void FieldJson::key(std::string_view name) {
  next();
  write_text(name);
  out_ += ':';
}

void FieldJson::write_text(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const auto size = sequence_at(text);
    const auto byte = static_cast<unsigned char>(text.front());
    constexpr unsigned kFirstSurrogate = 0xdc00;
    if (size == 0) {
      if (other_ == OtherBytes::kSurrogates) {
        add_escape(out_, kFirstSurrogate + byte);
      } else {
        out_ += "\xef\xbf\xbd";
      }
    } else if (byte < 0x20 || byte == 0x7f) {
      add_escape(out_, byte);
    } else {
      if (byte == '"' || byte == '\\') out_ += '\\';
      out_ += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out_ += '"';
}

void FieldJson::write_number(double number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out_ += std::isfinite(number) ? digits : "null";
  // A reader tells the two sorts of numbers apart by the point.
  if (std::isfinite(number) && digits.find_first_of(".e") == digits.npos) out_ += ".0";
}

void FieldJson::write_number(std::int64_t number) {
  out_ += std::to_string(number);
}

void FieldJson::write_unsigned(std::uint64_t number) {
  out_ += std::to_string(number);
}

template <typename Number>
requires std::is_arithmetic_v<Number>
void FieldJson::member(std::string_view name, Number number) {
  key(name);
  if constexpr (std::is_floating_point_v<Number>) {
    write_number(number);
  } else if constexpr (std::is_unsigned_v<Number>) {
    write_unsigned(number);
  } else {
    write_number(std::int64_t{number});
  }
}

void FieldJson::member(std::string_view name, std::string_view text) {
  key(name);
  write_text(text);
}

template <typename T>
void FieldJson::value(const std::vector<T>& list) {
  open('[');
  for (const auto& item : list) {
    next();
    value(item);
  }
  close(']');
}

void FieldJson::value(const std::map<std::string, std::string>& variables) {
  open('{');
  for (const auto& [name, text] : variables) member(name, text);
  close('}');
}

void FieldJson::value(const Ids<unsigned>& ids) {
  open('{');
  member("real", ids.real);
  member("effective", ids.effective);
  member("saved", ids.saved);
  close('}');
}

void FieldJson::value(const CpuTimes& times) {
  open('{');
  member("user", times.user);
  member("system", times.system);
  member("children_user", times.children_user);
  member("children_system", times.children_system);
  member("iowait", times.iowait);
  close('}');
}

void FieldJson::value(const IoCounters& io) {
  open('{');
  member("read_count", io.read_count);
  member("write_count", io.write_count);
  member("read_bytes", io.read_bytes);
  member("write_bytes", io.write_bytes);
  member("read_chars", io.read_chars);
  member("write_chars", io.write_chars);
  close('}');
}

void FieldJson::value(const IoPriority& priority) {
  open('{');
  member("ioclass", priority.ioclass);
  member("value", priority.value);
  close('}');
}

void FieldJson::members(const MemoryInfo& memory) {
  member("rss", memory.rss);
  member("vms", memory.vms);
  member("shared", memory.shared);
  member("text", memory.text);
  member("lib", memory.lib);
  member("data", memory.data);
  member("dirty", memory.dirty);
}

void FieldJson::value(const MemoryInfo& memory) {
  open('{');
  members(memory);
  close('}');
}

void FieldJson::value(const MemoryFullInfo& memory) {
  open('{');
  members(memory);
  member("uss", memory.uss);
  member("pss", memory.pss);
  member("swap", memory.swap);
  close('}');
}

void FieldJson::value(const MemoryMap& map) {
  open('{');
  if (!map.addr.empty()) {
    member("addr", map.addr);
    member("perms", map.perms);
  }
  member("path", map.path);
  member("rss", map.rss);
  member("size", map.size);
  member("pss", map.pss);
  member("shared_clean", map.shared_clean);
  member("shared_dirty", map.shared_dirty);
  member("private_clean", map.private_clean);
  member("private_dirty", map.private_dirty);
  member("referenced", map.referenced);
  member("anonymous", map.anonymous);
  member("swap", map.swap);
  close('}');
}

void FieldJson::value(const CtxSwitches& switches) {
  open('{');
  member("voluntary", switches.voluntary);
  member("involuntary", switches.involuntary);
  close('}');
}

void FieldJson::value(const OpenFile& file) {
  open('{');
  member("path", file.path);
  member("fd", file.fd);
  member("position", file.position);
  member("mode", file.mode);
  member("flags", file.flags);
  close('}');
}

void FieldJson::value(const Thread& thread) {
  open('{');
  member("id", thread.id);
  member("user_time", thread.user_time);
  member("system_time", thread.system_time);
  close('}');
}

void FieldJson::address(std::string_view name, const std::optional<Address>& address) {
  key(name);
  if (!address) {
    out_ += "null";
    return;
  }
  open('{');
  member("ip", address->ip);
  member("port", address->port);
  close('}');
}

void FieldJson::value(const Connection& connection) {
  constexpr int kUnixFamily = 1;  // AF_UNIX
  open('{');
  member("fd", connection.fd);
  member("family", connection.family);
  member("type", connection.type);
  if (connection.family == kUnixFamily) {
    member("laddr", std::string_view(connection.path));
    member("raddr", std::string_view());
  } else {
    address("laddr", connection.laddr);
    address("raddr", connection.raddr);
  }
  member("status", connection.status);
  close('}');
}

void FieldJson::write(const FieldValue& field) {
  std::visit([this](const auto& held) { value(held); }, field);
}

void FieldJson::write(const Limits& limits) {
  const auto limit = [this](std::string_view name, std::uint64_t number) {
    key(name);
    // RLIM_INFINITY is -1 in psutil.
    if (number == ~std::uint64_t{0}) {
      write_number(std::int64_t{-1});
    } else {
      write_unsigned(number);
    }
  };
  open('{');
  limit("soft", limits.soft);
  limit("hard", limits.hard);
  close('}');
}

}  // namespace hitch::introspect
