#pragma once

#include <optional>

#include "runtime/base/fd.h"
#include "runtime/clock/clock_arithmetic.h"

namespace hitch {

/// The machine's wall clock. clock_gettime(2)
ClockTime real_now() noexcept;

/// The bundle's time now, from a mapped page. Another thread or process may write meanwhile.
ClockTime fake_now(const ClockPageLayout& page) noexcept;

/// The first instant of the machine's clock at which the bundle's shows `fake` or later: when to
/// wake somebody who waits for `fake`. Never before the machine's 1970, as no timer accepts that.
/// @return nothing if it never comes, as the clock is frozen
std::optional<ClockTime> real_from_fake(const ClockSetting& setting, ClockTime fake) noexcept;

/// The page with which a bundle's processes compute their time, and the only writer of it. Owns the
/// memory file and this process's mapping.
class ClockPage {
 public:
  /// A page that shows real time. It is sealed: whoever gets a descriptor of it can map it to read,
  /// and can neither write nor resize it. memfd_create(2), F_SEAL_FUTURE_WRITE in fcntl(2)
  static Result<ClockPage> create();

  ClockPage(ClockPage&& other) noexcept;
  ClockPage& operator=(ClockPage&& other) noexcept;
  ~ClockPage();

  /// Puts a setting in force, for every process at the same instant.
  void publish(const ClockSetting& setting) noexcept;
  /// The setting in force.
  const ClockSetting& setting() const noexcept;
  ClockTime now() const noexcept { return fake_now(*layout_); }
  /// Of the memory file; stays the page's.
  int fd() const noexcept { return file_.get(); }

 private:
  ClockPage(UniqueFd file, ClockPageLayout* layout) noexcept;
  UniqueFd file_;
  ClockPageLayout* layout_;
};

}  // namespace hitch
