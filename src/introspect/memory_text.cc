#include "introspect/memory_text.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "introspect/parsers.h"

namespace hitch::introspect {

namespace {

constexpr std::uint64_t kKibibyte = 1024;

/// The number of "            12 kB" in bytes; 0 if it is none.
std::uint64_t kilobytes(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t value = 0;
  const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} ? value * kKibibyte : 0;
}

/// Which number of a mapping a line is about; nullptr: none that is asked for. There are 20 lines a
/// mapping, so they are told apart by one look at their length and then one comparison.
std::uint64_t MemoryMap::*number_named(std::string_view label) noexcept {
  const auto when = [label](std::string_view name, std::uint64_t MemoryMap::*member) {
    return label == name ? member : nullptr;
  };
  switch (label.size()) {
    case 3:
      return label.front() == 'R' ? when("Rss", &MemoryMap::rss) : when("Pss", &MemoryMap::pss);
    case 4:
      return label[1] == 'i' ? when("Size", &MemoryMap::size) : when("Swap", &MemoryMap::swap);
    case 9:
      return when("Anonymous", &MemoryMap::anonymous);
    case 10:
      return when("Referenced", &MemoryMap::referenced);
    case 12:
      return label[7] == 'C' ? when("Shared_Clean", &MemoryMap::shared_clean)
                             : when("Shared_Dirty", &MemoryMap::shared_dirty);
    case 13:
      return label[8] == 'C' ? when("Private_Clean", &MemoryMap::private_clean)
                             : when("Private_Dirty", &MemoryMap::private_dirty);
    default:
      return nullptr;
  }
}

/// "00400000-0041f000 r--p 00000000 fe:00 1234      /usr/bin/python3.11": the path may hold blanks.
bool add_mapping(std::string_view line, std::vector<MemoryMap>& maps) {
  std::string_view fields[5];
  for (auto& field : fields) {
    const auto end = line.find(' ');
    field = line.substr(0, end);
    line.remove_prefix(std::min(field.size() + 1, line.size()));
  }
  if (fields[0].find('-') == fields[0].npos || fields[4].empty()) return false;
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  MemoryMap& map = maps.emplace_back();
  map.addr = fields[0];
  map.perms = fields[1];
  map.path = line.empty() ? "[anon]" : line;
  return true;
}

void add_numbers(MemoryMap& to, const MemoryMap& from) noexcept {
  for (const auto member :
       {&MemoryMap::rss, &MemoryMap::size, &MemoryMap::pss, &MemoryMap::shared_clean,
        &MemoryMap::shared_dirty, &MemoryMap::private_clean, &MemoryMap::private_dirty,
        &MemoryMap::referenced, &MemoryMap::anonymous, &MemoryMap::swap}) {
    to.*member += from.*member;
  }
}

}  // namespace

std::vector<MemoryMap> parse_smaps(std::string_view text) {
  std::vector<MemoryMap> maps;
  bool is_known = false;  // whether the numbers that follow have a mapping
  while (!text.empty()) {
    const auto line = take_line(text);
    // A heading begins with an address in lower case, a number's line with a capital letter.
    if (line.empty()) continue;
    if (line.front() < 'A' || line.front() > 'Z') {
      is_known = add_mapping(line, maps);
      continue;
    }
    if (!is_known) continue;
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const auto member = number_named(line.substr(0, colon));
    if (member != nullptr) maps.back().*member = kilobytes(line.substr(colon + 1));
  }
  return maps;
}

std::vector<MemoryMap> group_by_path(std::vector<MemoryMap> maps) {
  std::vector<MemoryMap> groups;
  std::unordered_map<std::string, std::size_t> places;
  for (auto& map : maps) {
    const auto [place, is_new] = places.try_emplace(map.path, groups.size());
    if (is_new) {
      map.addr.clear();
      map.perms.clear();
      groups.push_back(std::move(map));
    } else {
      add_numbers(groups[place->second], map);
    }
  }
  return groups;
}

MemoryRollup parse_rollup(std::string_view text) noexcept {
  MemoryRollup rollup;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const auto label = line.substr(0, colon);
    const auto value = line.substr(colon + 1);
    if (label.starts_with("Private_")) {
      rollup.uss += kilobytes(value);
    } else if (label == "Pss") {
      rollup.pss = kilobytes(value);
    } else if (label == "Swap") {
      rollup.swap = kilobytes(value);
    }
  }
  return rollup;
}

}  // namespace hitch::introspect
