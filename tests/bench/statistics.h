#pragma once

#include <functional>
#include <vector>

namespace hitch::bench {

/// What was measured for one side, one value a round.
class Samples {
 public:
  /// One value that was computed from many, such as a percentile.
  static Samples of(double value);
  void add(double value) { values_.push_back(value); }
  /// The value of which this share, 0 to 1, is smaller.
  double quantile(double share) const;
  double median() const { return quantile(0.5); }

 private:
  std::vector<double> values_;
};

/// One side of a comparison: does its work once and returns what it measured.
using Side = std::function<double()>;

/// Runs all sides in turn, A B A B, so that what else happens on the machine meets all of them. The
/// first round warms caches and is not counted.
/// @return as many samples as sides
std::vector<Samples> take_turns(int rounds, const std::vector<Side>& sides);

}  // namespace hitch::bench
