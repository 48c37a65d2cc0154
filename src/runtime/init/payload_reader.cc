#include "runtime/init/payload_reader.h"

#include <cstring>

namespace hitch {

std::span<char> PayloadReader::take(std::size_t bytes) noexcept {
  if (!ok_ || bytes > rest_.size()) {
    ok_ = false;
    return {};
  }
  const auto taken = rest_.first(bytes);
  rest_ = rest_.subspan(bytes);
  return taken;
}

std::uint32_t PayloadReader::number() noexcept {
  std::uint32_t value = 0;
  if (const auto bytes = take(sizeof value); ok_) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::uint64_t PayloadReader::number64() noexcept {
  std::uint64_t value = 0;
  if (const auto bytes = take(sizeof value); ok_) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

const char* PayloadReader::text() noexcept {
  const std::size_t length = number();
  const auto bytes = take(length + 1);
  if (!ok_ || bytes.back() != '\0') {
    ok_ = false;
    return "";
  }
  return bytes.data();
}

const char* const* PayloadReader::texts(std::span<const char*> pointers,
                                        std::size_t& used) noexcept {
  static constexpr const char* kNone[] = {nullptr};
  const std::size_t count = number();
  if (!ok_ || count >= pointers.size() - used) {
    ok_ = false;
    return kNone;
  }
  const char** const first = pointers.data() + used;
  for (std::size_t i = 0; i < count; ++i) first[i] = text();
  first[count] = nullptr;
  used += count + 1;
  return ok_ ? first : kNone;
}

}  // namespace hitch
