#include "introspect/process_text.h"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "introspect/field_cursor.h"
#include "introspect/parsers.h"
#include "runtime/base/text.h"

namespace hitch::introspect {

namespace {

/// Takes "Name:" with the blanks and tabs behind it from the front of a line.
bool take_label(std::string_view& line, std::string_view label) noexcept {
  if (!line.starts_with(label)) return false;
  line.remove_prefix(label.size());
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return true;
}

/// The next number of a row that tabs separate.
template <typename Int>
bool take_number(std::string_view& row, Int& value) noexcept {
  row.remove_prefix(std::min(row.find_first_not_of(" \t"), row.size()));
  const auto [stop, ec] = std::from_chars(row.data(), row.data() + row.size(), value);
  if (ec != std::errc{}) return false;
  row.remove_prefix(static_cast<std::size_t>(stop - row.data()));
  return row.empty() || row.front() == '\t' || row.front() == ' ';
}

template <typename Id>
bool take_ids(std::string_view row, Ids<Id>& ids) noexcept {
  return take_number(row, ids.real) && take_number(row, ids.effective) &&
         take_number(row, ids.saved);
}

}  // namespace

std::optional<ProcStatus> parse_status(std::string_view text) noexcept {
  ProcStatus status;
  int found = 0;
  while (!text.empty()) {
    auto line = take_line(text);
    switch (line.empty() ? '\0' : line.front()) {
      case 'U':
        if (take_label(line, "Uid:")) found += take_ids(line, status.uids) ? 1 : 0;
        break;
      case 'G':
        if (take_label(line, "Gid:")) found += take_ids(line, status.gids) ? 1 : 0;
        break;
      case 'v':
        if (take_label(line, "voluntary_ctxt_switches:")) {
          found += take_number(line, status.switches.voluntary) ? 1 : 0;
        }
        break;
      case 'n':
        if (take_label(line, "nonvoluntary_ctxt_switches:")) {
          found += take_number(line, status.switches.involuntary) ? 1 : 0;
        }
        break;
      default:
        break;
    }
  }
  constexpr int kNeeded = 4;
  return found == kNeeded ? std::optional(status) : std::nullopt;
}

pid_t inner_pid_in(std::string_view status) noexcept {
  constexpr std::string_view kLabel = "\nNSpid:\t";
  const auto at = status.find(kLabel);
  if (at == status.npos) return 0;
  status.remove_prefix(at + kLabel.size());
  const auto end = status.find('\n');
  if (end == status.npos) return 0;
  const auto row = status.substr(0, end);  // "1234\t7\t1"
  return parse_number<pid_t>(row.substr(row.rfind('\t') + 1)).value_or(0);
}

std::optional<IoCounters> parse_io(std::string_view text) noexcept {
  IoCounters io;
  const std::array<std::pair<std::string_view, std::uint64_t*>, 6> labels{
      {{"rchar:", &io.read_chars},
       {"wchar:", &io.write_chars},
       {"syscr:", &io.read_count},
       {"syscw:", &io.write_count},
       {"read_bytes:", &io.read_bytes},
       {"write_bytes:", &io.write_bytes}}};
  unsigned found = 0;
  while (!text.empty()) {
    auto line = take_line(text);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (take_label(line, labels[i].first) && take_number(line, *labels[i].second)) {
        found |= 1U << i;
      }
    }
  }
  constexpr unsigned kAll = 0b111111;
  return found == kAll ? std::optional(io) : std::nullopt;
}

std::optional<MemoryInfo> parse_statm(std::string_view line, std::uint64_t page_bytes) noexcept {
  if (line.ends_with('\n')) line.remove_suffix(1);
  FieldCursor field(line);
  const auto pages = [&] { return field.number<std::uint64_t>() * page_bytes; };
  MemoryInfo memory;
  memory.vms = pages();
  memory.rss = pages();
  memory.shared = pages();
  memory.text = pages();
  memory.lib = pages();
  memory.data = pages();
  memory.dirty = pages();
  return field.ok() ? std::optional(memory) : std::nullopt;
}

std::vector<std::string> split_cmdline(std::string_view text) {
  std::vector<std::string> words;
  if (text.empty()) return words;
  const auto split = [&words](std::string_view rest, char separator) {
    for (;;) {
      const auto end = rest.find(separator);
      words.emplace_back(rest.substr(0, end));
      if (end == rest.npos) return;
      rest.remove_prefix(end + 1);
    }
  };
  const char separator = text.back() == '\0' ? '\0' : ' ';
  if (text.back() == separator) text.remove_suffix(1);
  const bool is_one = text.find('\0') == text.npos;
  split(text, separator == '\0' && is_one && text.find(' ') != text.npos ? ' ' : separator);
  return words;
}

std::map<std::string, std::string> split_environ(std::string_view text) {
  std::map<std::string, std::string> variables;
  for (;;) {
    const auto end = text.find('\0');
    if (end == 0 || end == text.npos) return variables;
    const auto entry = text.substr(0, end);
    const auto equals = entry.find('=');
    if (equals != entry.npos && equals > 0) {
      variables.insert_or_assign(std::string(entry.substr(0, equals)),
                                 std::string(entry.substr(equals + 1)));
    }
    text.remove_prefix(end + 1);
  }
}

std::optional<FdInfo> parse_fdinfo(std::string_view text) noexcept {
  FdInfo info;
  auto line = take_line(text);
  if (!take_label(line, "pos:") || !take_number(line, info.position)) return std::nullopt;
  line = take_line(text);
  if (!take_label(line, "flags:")) return std::nullopt;
  FieldCursor field(line);
  constexpr int kOctal = 8;
  info.flags = field.number<int>(kOctal);
  return field.ok() ? std::optional(info) : std::nullopt;
}

std::string_view mode_of(int flags) noexcept {
  const bool appends = (flags & O_APPEND) != 0;
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return "r";
    case O_WRONLY:
      return appends ? "a" : "w";
    default:
      return appends ? "a+" : "r+";
  }
}

std::string_view status_word(char state) noexcept {
  switch (state) {
    case 'R':
      return "running";
    case 'S':
      return "sleeping";
    case 'D':
      return "disk-sleep";
    case 'T':
      return "stopped";
    case 't':
      return "tracing-stop";
    case 'Z':
      return "zombie";
    case 'X':
    case 'x':
      return "dead";
    case 'K':
      return "wake-kill";
    case 'W':
      return "waking";
    case 'I':
      return "idle";
    case 'P':
      return "parked";
    default:
      return "?";
  }
}

}  // namespace hitch::introspect
