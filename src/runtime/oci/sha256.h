#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace hitch {

/// The SHA-256 sum of bytes that come piece by piece: what names everything in an OCI image.
/// OCI image-spec, "Digests"
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) = delete;
  ~Sha256();

  void add(std::string_view bytes);
  /// "sha256:" and 64 hexadecimal digits. The sum can go on.
  std::string name() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Of all that is in a file, from its beginning. The file's position stays.
/// @return an Error with errno of pread(2)
Result<std::string> sha256_of_file(int fd);

/// Whether it is "sha256:" and 64 lower-case hexadecimal digits. Other algorithms are registered,
/// but nobody uses them.
bool is_sha256_name(std::string_view text);

}  // namespace hitch
