#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hitch {

/// Reads a payload in place; strings end with NUL in the payload itself. Init's side: allocates
/// nothing. After anything did not fit, ok() is false and all that is read is zero or empty.
class PayloadReader {
 public:
  explicit PayloadReader(std::span<char> bytes) noexcept : rest_(bytes) {}

  std::uint32_t number() noexcept;
  std::uint64_t number64() noexcept;
  const char* text() noexcept;
  /// Fills `pointers` from `used` on with a null-terminated table and moves `used` behind it.
  const char* const* texts(std::span<const char*> pointers, std::size_t& used) noexcept;
  bool ok() const noexcept { return ok_; }

 private:
  std::span<char> take(std::size_t bytes) noexcept;

  std::span<char> rest_;
  bool ok_ = true;
};

}  // namespace hitch
