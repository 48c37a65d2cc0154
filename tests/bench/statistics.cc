#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace hitch::bench {

Samples Samples::of(double value) {
  Samples samples;
  samples.add(value);
  return samples;
}

double Samples::quantile(double share) const {
  if (values_.empty()) return 0;
  auto sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - std::floor(at));
}

std::vector<Samples> take_turns(int rounds, const std::vector<Side>& sides) {
  std::vector<Samples> result(sides.size());
  for (int round = 0; round <= rounds; ++round) {
    for (std::size_t i = 0; i < sides.size(); ++i) {
      const double value = sides[i]();
      if (round > 0) result[i].add(value);
    }
  }
  return result;
}

}  // namespace hitch::bench
