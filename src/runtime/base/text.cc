#include "runtime/base/text.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <numeric>
#include <utility>

namespace hitch {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLongestDuration = std::chrono::hours(24 * 100);

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array kUnits{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000},
                            Unit{"d", 86'400'000}};

/// Takes "12" or "1.5" from the front of `text`, as thousandths.
std::optional<std::int64_t> take_thousandths(std::string_view& text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::int64_t whole = 0;
  std::size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    if (i == 10) return std::nullopt;  // more than any duration that is allowed
    whole = whole * 10 + (text[i] - '0');
  }
  if (i == 0) return std::nullopt;
  std::int64_t fraction = 0;
  if (i < text.size() && text[i] == '.') {
    std::int64_t weight = 100;
    const std::size_t first = ++i;
    for (; i < text.size() && is_digit(text[i]); ++i, weight /= 10) {
      fraction += (text[i] - '0') * weight;
    }
    if (i == first) return std::nullopt;
  }
  text.remove_prefix(i);
  return whole * 1000 + fraction;
}

/// How many letters have to be added, removed, changed or swapped with their neighbour to make one
/// word of the other, small and capital letters being the same (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  const auto same = [&](char x, char y) { return lower(x) == lower(y); };
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = row[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
      next[j] = std::min({change, row[j] + 1, next[j - 1] + 1});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        next[j] = std::min(next[j], before[j - 2] + 1);
      }
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row[b.size()];
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  bool bare = true;
  while (!text.empty()) {
    const auto amount = take_thousandths(text);
    if (!amount) return std::nullopt;
    if (text.empty() && bare) {  // a bare number: seconds
      total = *amount;
      break;
    }
    bare = false;
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& candidate) {
      return text.starts_with(candidate.name);
    });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    total += *amount * unit->ms / 1000;
    if (total > kLongestDuration.count()) return std::nullopt;
  }
  if (total > kLongestDuration.count()) return std::nullopt;
  return milliseconds(total);
}

std::string format_duration(milliseconds span) {
  std::int64_t rest = span.count();
  if (rest == 0) return "0s";
  std::string out;
  for (const auto* unit : {&kUnits[3], &kUnits[2], &kUnits[1], &kUnits[0]}) {
    if (const std::int64_t amount = rest / unit->ms; amount > 0) {
      out += std::to_string(amount) + std::string(unit->name);
      rest %= unit->ms;
    }
  }
  return out;
}

std::string format_seconds(milliseconds span) {
  const std::int64_t tenths = (span.count() + 50) / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
}

std::optional<std::string> nearest_spelling(std::string_view word,
                                            std::span<const std::string_view> candidates) {
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::optional<std::string> found;
  for (const auto candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      found = std::string(candidate);
    }
  }
  return found;
}

std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\'') {
      if (c == '\'')
        quote = 0;
      else
        word += c;
    } else if (c == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      // Inside "…" a backslash quotes only these. XCU 2.2.3
      if (quote == '"' && std::string_view("$`\"\\\n").find(next) == std::string_view::npos)
        word += c;
      if (next != '\n') word += next;
      in_word = true;
    } else if (quote == '"') {
      if (c == '"')
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return std::nullopt;
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::optional<int> parse_signal(std::string_view text) {
  if (const auto number = parse_number<int>(text)) {
    if (*number < 1 || *number > SIGRTMAX) return std::nullopt;
    return number;
  }
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* known = ::sigabbrev_np(signal);
    if (known != nullptr && name == known) return signal;
  }
  return std::nullopt;
}

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace hitch
