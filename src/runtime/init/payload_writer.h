#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hitch {

/// Builds a payload. Supervisor's side.
class PayloadWriter {
 public:
  void number(std::uint32_t value);
  void number64(std::uint64_t value);
  void text(std::string_view value);
  void texts(std::span<const std::string> values);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace hitch
