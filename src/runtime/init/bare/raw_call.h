#pragma once

#include <cerrno>

namespace hitch {

/// A system call as the kernel has it: six words in registers, a small negative number for an
/// error. syscall(2)
inline long raw_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                     long f = 0) noexcept {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result = number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

/// The same, as the C library has it: -1 and errno. errno(3)
inline long call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0) noexcept {
  constexpr long kLastError = -4095;
  const long result = raw_call(number, a, b, c, d, e, f);
  if (result >= 0 || result < kLastError) return result;
  errno = static_cast<int>(-result);
  return -1;
}

inline long word(const volatile void* pointer) noexcept {
  return reinterpret_cast<long>(pointer);
}

}  // namespace hitch
