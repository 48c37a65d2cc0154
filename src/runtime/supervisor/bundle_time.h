#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/async/task.h"
#include "runtime/bundle/model.h"
#include "runtime/clock/bundle_clock.h"
#include "runtime/logs/record.h"

namespace hitch {

/// The wall clock of a bundle: what it is set to, and a backend that makes the bundle's programs
/// see it. Its owner awaits stop() before it is destroyed.
class BundleTime {
 public:
  explicit BundleTime(BundleClock clock) : clock_(std::make_shared<BundleClock>(clock)) {}
  BundleTime(const BundleTime&) = delete;
  BundleTime& operator=(const BundleTime&) = delete;
  virtual ~BundleTime() = default;

  /// "vdso" or "libfaketime": docs/time.md
  virtual std::string_view backend() const noexcept = 0;
  /// Why it is that one, in words.
  virtual std::string why() const = 0;

  /// @return an Error if that cannot be: then nothing has changed
  using Change = std::function<Status(BundleClock&, ClockTime real)>;
  /// Changes the clock and puts that in force.
  Task<Done> change(Change how);
  /// Makes the programs see what the clock is set to.
  /// @return once they do
  virtual Task<Done> put_in_force() = 0;

  /// May be kept longer than this.
  std::shared_ptr<const BundleClock> clock() const noexcept { return clock_; }

  /// Calls `listener` if the backend ends by itself.
  void on_lost(std::function<void(Error)> listener) { on_lost_ = std::move(listener); }
  /// Calls `listener` for each program that does not see the bundle's time as it should.
  void on_notice(std::function<void(const std::string&)> listener) {
    on_notice_ = std::move(listener);
  }

  /// From now on its end is no surprise: it ends with the bundle.
  virtual void expect_end() noexcept {}
  virtual asio::awaitable<void> stop();

 protected:
  /// Whether the backend can show such a clock.
  virtual Status accept(const BundleClock&) const { return Done{}; }
  const ClockSetting& setting() const noexcept { return clock_->setting(); }
  void lose(Error error) const {
    if (on_lost_) on_lost_(std::move(error));
  }
  void notice(const std::string& text) const {
    if (on_notice_) on_notice_(text);
  }

 private:
  std::shared_ptr<BundleClock> clock_;
  std::function<void(Error)> on_lost_;
  std::function<void(const std::string&)> on_notice_;
};

/// Times for the log, with the bundle's among them.
LogClock log_clock_of(const BundleTime& time);

}  // namespace hitch
