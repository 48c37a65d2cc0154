#pragma once

#include <memory>
#include <set>
#include <string>

#include "runtime/supervisor/bundle_time.h"
#include "runtime/supervisor/clock_plan.h"
#include "runtime/supervisor/init_link.h"

namespace hitch {

/// A bundle's clock in a file that libfaketime reads in each program, which loads it because its
/// environment says so.
class FaketimeTime : public BundleTime {
 public:
  /// Writes the clock file.
  static Result<std::unique_ptr<FaketimeTime>> start(const ClockPlan& plan);
  /// Where the clock file is, on the host and in the bundle.
  static std::string clock_file(const ClockPlan& plan) { return plan.directory + "/now"; }

  explicit FaketimeTime(const ClockPlan& plan);

  std::string_view backend() const noexcept override { return "libfaketime"; }
  std::string why() const override { return why_; }
  Task<Done> put_in_force() override;

  /// Adds the library to what a program is started with.
  /// @return an Error for a program that is known not to work with it
  Status adjust(LaunchRequest& launch);

 protected:
  Status accept(const BundleClock& clock) const override { return can_show(clock); }

 private:
  Status write_file() const;

  Libfaketime library_;
  std::string file_, why_;
  std::set<std::string> out_of_reach_;  ///< static programs that have been told of
};

}  // namespace hitch
