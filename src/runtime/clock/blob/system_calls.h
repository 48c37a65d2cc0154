#pragma once

// Bare system calls for the code that is put into programs: it has no libc. One branch for each
// architecture; boot_ARCH.S is the other file that knows one.

namespace hitch::blob {

#if defined(__x86_64__)

enum SystemCall : long { kClose = 3, kMmap = 9, kGettimeofday = 96, kClockGettime = 228 };

/// @return as the kernel has it: an error is a small negative number
inline long system_call(SystemCall number, unsigned long a, unsigned long b = 0,
                        unsigned long c = 0, unsigned long d = 0, unsigned long e = 0,
                        unsigned long f = 0) noexcept {
  register unsigned long r10 asm("r10") = d;
  register unsigned long r8 asm("r8") = e;
  register unsigned long r9 asm("r9") = f;
  long result = number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

#else
#error "the clock is not written for this architecture"
#endif

}  // namespace hitch::blob
