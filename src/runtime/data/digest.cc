#include "runtime/data/digest.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cerrno>
#include <memory>

namespace hitch {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

}  // namespace

Digest::Digest() {
  const auto space = boost::uuids::ns::oid();
  sum_.process_bytes(space.begin(), space.size());
}

void Digest::add(std::string_view part) {
  const std::string head = std::to_string(part.size()) + ':';
  sum_.process_bytes(head.data(), head.size());
  sum_.process_bytes(part.data(), part.size());
}

int Digest::add_content(int fd, std::uint64_t limit_bytes) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  std::uint64_t total = 0;
  // A sum of its own: how long the content is, is known at its end only.
  Digest content;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.get(), kReadBytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) break;
    total += static_cast<std::uint64_t>(n);
    if (total > limit_bytes) return EFBIG;
    content.sum_.process_bytes(buffer.get(), static_cast<std::size_t>(n));
  }
  add(content.name() + std::to_string(total));
  return 0;
}

std::string Digest::name() const {
  auto sum = sum_;  // closing it changes it
  unsigned int words[5];
  sum.get_digest(words);
  boost::uuids::uuid id{};
  for (std::size_t i = 0; i < id.size(); ++i) {
    id.data[i] = static_cast<std::uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
  }
  id.data[8] = static_cast<std::uint8_t>((id.data[8] & 0x3F) | 0x80);  // variant and version
  id.data[6] = static_cast<std::uint8_t>((id.data[6] & 0x0F) | 0x50);
  return boost::uuids::to_string(id);
}

}  // namespace hitch
