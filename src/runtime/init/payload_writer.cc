#include "runtime/init/payload_writer.h"

namespace hitch {

void PayloadWriter::number(std::uint32_t value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void PayloadWriter::number64(std::uint64_t value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void PayloadWriter::text(std::string_view value) {
  number(static_cast<std::uint32_t>(value.size()));
  bytes_ += value;
  bytes_ += '\0';
}

void PayloadWriter::texts(std::span<const std::string> values) {
  number(static_cast<std::uint32_t>(values.size()));
  for (const auto& value : values) text(value);
}

}  // namespace hitch
