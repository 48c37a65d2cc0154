// Whatever stands in a file of /proc, which any process can fill with its own bytes, the parsers
// neither crash nor make something up that is not in the text, and JSON of it is ASCII or UTF-8.
//
// All parsers get all of the input: a file that is fit for one is rubbish for the others.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "introspect/field_json.h"
#include "introspect/memory_text.h"
#include "introspect/parsers.h"
#include "introspect/process_text.h"

namespace hitch::introspect {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_part_of(std::string_view part, std::string_view text) {
  return part.empty() ||
         (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
}

void read_lines(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto line = take_line(rest);
    require(is_part_of(line, text) && line.find('\n') == line.npos);
    (void)parse_tcp_line(line);
    (void)parse_socket_link(line);
    if (const auto socket = parse_unix_line(line)) require(is_part_of(socket->path, line));
  }
}

std::string json_of(const FieldValue& value, OtherBytes other) {
  std::string json;
  FieldJson(json, other).write(value);
  return json;
}

void read_words(std::string_view text) {
  const auto words = split_cmdline(text);
  std::size_t bytes = 0;
  for (const auto& word : words) bytes += word.size() + 1;
  require(bytes <= text.size() + 1 && words.empty() == text.empty());
  for (const auto& [name, value] : split_environ(text)) {
    require(!name.empty() && text.find(name + '=' + value) != text.npos);
  }
  for (const auto other : {OtherBytes::kReplaced, OtherBytes::kSurrogates}) {
    for (const char c : json_of(words, other)) require(c < 0 || c >= 0x20);
  }
}

void read_memory(std::string_view text) {
  const auto maps = parse_smaps(text);
  const auto groups = group_by_path(maps);
  require(groups.size() <= maps.size());
  std::uint64_t single = 0, grouped = 0;
  for (const auto& map : maps) single += map.rss;
  for (const auto& group : groups) grouped += group.rss;
  require(single == grouped);
  for (const auto& map : maps) require(!map.path.empty() && map.addr.find('-') != map.addr.npos);
  (void)parse_rollup(text);
}

void read_all(std::string_view text) {
  if (const auto stat = parse_stat(text)) require(is_part_of(stat->comm, text));
  (void)parse_status(text);
  (void)inner_pid_in(text);
  (void)parse_io(text);
  (void)parse_statm(text, 4096);
  (void)parse_fdinfo(text);
  read_lines(text);
  read_words(text);
  read_memory(text);
}

}  // namespace
}  // namespace hitch::introspect

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Of exactly this size, so that a sanitizer sees each byte that is read behind the end.
  const std::string input(data, data + size);
  hitch::introspect::read_all(input);
  return 0;
}
