#include "runtime/oci/sha256.h"

// The plain functions: a static program that uses the ones of today gets most of libcrypto.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace hitch {

namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr std::size_t kReadBytes = 256 * 1024;

}  // namespace

struct Sha256::State {
  SHA256_CTX context{};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  (void)::SHA256_Init(&state_->context);
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  (void)::SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

std::string Sha256::name() const {
  SHA256_CTX copy = state_->context;  // closing it changes it
  std::array<unsigned char, SHA256_DIGEST_LENGTH> sum{};
  (void)::SHA256_Final(sum.data(), &copy);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kPrefix);
  for (const unsigned char byte : sum) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

Result<std::string> sha256_of_file(int fd) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  Sha256 sum;
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(fd, buffer.get(), kReadBytes, at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error::from_errno(errno, "read");
    if (n == 0) return sum.name();
    sum.add({buffer.get(), static_cast<std::size_t>(n)});
    at += n;
  }
}

bool is_sha256_name(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 64) return false;
  text.remove_prefix(kPrefix.size());
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace hitch
