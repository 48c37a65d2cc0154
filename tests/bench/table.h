#pragma once

#include <ostream>
#include <string>

#include "bench/statistics.h"

namespace hitch::bench {

/// What a row's numbers are, which decides how they are printed and which way is better.
enum class Unit {
  kMilliseconds,
  kMicroseconds,
  kNanoseconds,
  kPerSecond,
  kMegabytesPerSecond,
  kMebibytes,
  kCount
};

/// A limit that hitch has set itself.
struct Bar {
  enum class Of { kNone, kRatio, kValue };
  Of of = Of::kNone;
  bool at_most = true;  ///< or at least
  double limit = 0;

  static Bar none() { return {}; }
  static Bar ratio_at_most(double limit) { return {Of::kRatio, true, limit}; }
  static Bar ratio_at_least(double limit) { return {Of::kRatio, false, limit}; }
  static Bar at_most_value(double limit) { return {Of::kValue, true, limit}; }
  static Bar at_least_value(double limit) { return {Of::kValue, false, limit}; }
};

/// Prints the rows of one Markdown table, each as soon as it has been measured.
class Table {
 public:
  /// @param who  of whose user id the rows are: "root", "nobody"
  Table(std::ostream& out, std::string who) : out_(out), who_(std::move(who)) {}

  void print_head();
  /// Hitch against a peer.
  void compare(const std::string& what, Unit unit, const Samples& hitch, const std::string& peer,
               const Samples& theirs, const Bar& bar = Bar::none());
  /// A figure of hitch alone.
  void state(const std::string& what, Unit unit, const Samples& hitch, const Bar& bar);
  /// A row that could not be measured.
  void fail(const std::string& row, const std::string& why);

 private:
  void print(const std::string& what, const std::string& hitch, const std::string& peer,
             const std::string& theirs, const std::string& ratio, const std::string& bar);
  std::ostream& out_;
  std::string who_;
};

}  // namespace hitch::bench
