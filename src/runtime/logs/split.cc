#include "runtime/logs/split.h"

#include <algorithm>
#include <cstring>

namespace hitch {

namespace {

using Lanes [[gnu::vector_size(16)]] = signed char;
constexpr std::size_t kMostRounds = 127;  // a lane counts one a round

/// Counts in so many rounds of sizeof(Lanes) bytes.
std::size_t count_in_lanes(const char* bytes, std::size_t rounds) noexcept {
  Lanes counts{};
  for (; rounds > 0; --rounds, bytes += sizeof(Lanes)) {
    Lanes lanes;
    std::memcpy(&lanes, bytes, sizeof lanes);
    counts -= lanes == '\n';  // true is -1
  }
  std::size_t total = 0;
  for (std::size_t i = 0; i < sizeof(Lanes); ++i) total += static_cast<std::size_t>(counts[i]);
  return total;
}

}  // namespace

std::size_t count_newlines(std::string_view bytes) noexcept {
  std::size_t total = 0;
  while (bytes.size() >= sizeof(Lanes)) {
    const auto rounds = std::min(bytes.size() / sizeof(Lanes), kMostRounds);
    total += count_in_lanes(bytes.data(), rounds);
    bytes.remove_prefix(rounds * sizeof(Lanes));
  }
  return total + static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

}  // namespace hitch
