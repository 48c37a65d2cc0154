#include "introspect/directory_names.h"

#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace hitch::introspect {

namespace {

// struct linux_dirent64: inode and offset of 8 bytes each, length of the entry of 2, type of 1.
constexpr long kLengthAt = 16, kNameAt = 19;

}  // namespace

const char* DirectoryNames::next() noexcept {
  if (at_ >= filled_) {
    at_ = 0;
    filled_ = ::syscall(SYS_getdents64, directory_, buffer_.data(), buffer_.size());
    if (filled_ <= 0) {
      err_ = filled_ < 0 ? errno : 0;
      filled_ = 0;
      return nullptr;
    }
  }
  const char* entry = buffer_.data() + at_;
  std::uint16_t length = 0;
  std::memcpy(&length, entry + kLengthAt, sizeof length);
  at_ += length;
  return entry + kNameAt;
}

const char* DirectoryNames::next_number() noexcept {
  const char* name = next();
  while (name != nullptr && (*name < '0' || *name > '9')) name = next();
  return name;
}

}  // namespace hitch::introspect
