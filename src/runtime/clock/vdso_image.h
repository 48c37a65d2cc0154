#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/base/result.h"

namespace hitch {

/// The clock functions of a vDSO, each with two names. vdso(7)
enum class VdsoFunction { kClockGettime, kGettimeofday, kTime };

struct VdsoSymbol {
  VdsoFunction function{};
  std::size_t value_at = 0;  ///< where in the image its st_value is
  std::uint64_t value = 0;   ///< what that is: the address of the function, less the load address
};

/// What hitch has to know of the library that the kernel maps into every process.
struct VdsoImage {
  std::vector<VdsoSymbol> symbols;
  std::uint64_t clock_gettime = 0;  ///< st_value of it
  std::uint64_t bias = 0;           ///< address less load address less place in the image; often 0
  std::size_t code_end = 0;         ///< nothing of the library's own is at or behind this place
  std::size_t room_begin = 0, room_end = 0;  ///< zeros, mapped with the library, used by nobody
};

/// Reads an image of 64 bits. Never looks outside of `bytes`, whatever they say.
/// @param bytes  all that is mapped, so up to the end of the last page
Result<VdsoImage> parse_vdso(std::span<const std::byte> bytes);

/// This process's own. Every process of 64 bits on the machine has the same one.
Result<std::span<const std::byte>> own_vdso();

/// How many bytes of data the kernel has mapped right in front of it, of this process and every
/// other. Below that is where a new mapping goes first, as nothing else is mapped after it.
std::size_t size_of_vdso_data();

}  // namespace hitch
