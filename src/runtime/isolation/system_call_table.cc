// Run by the build: prints the names of all system calls, sorted, with their numbers in each ABI
// that the kernel runs beside the native one: initialisers of SystemCall in system_calls.h.

#include <seccomp.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

int main() {
  constexpr int kX32Bit = 0x40000000, kMost = 1024;
  const bool x86 = ::seccomp_arch_native() == SCMP_ARCH_X86_64;
  struct Abi {
    std::uint32_t architecture;
    int first;
  };
  const std::array<Abi, 3> abis{Abi{SCMP_ARCH_NATIVE, 0}, Abi{x86 ? SCMP_ARCH_X86 : 0U, 0},
                                Abi{x86 ? SCMP_ARCH_X32 : 0U, kX32Bit}};
  std::map<std::string, std::array<int, 3>> calls;
  for (std::size_t abi = 0; abi < abis.size(); ++abi) {
    if (abi > 0 && abis[abi].architecture == 0) continue;
    for (int number = abis[abi].first; number < abis[abi].first + kMost; ++number) {
      char* name = ::seccomp_syscall_resolve_num_arch(abis[abi].architecture, number);
      if (name == nullptr) continue;
      calls.try_emplace(name, std::array{-1, -1, -1}).first->second[abi] = number;
      std::free(name);  // NOLINT(cppcoreguidelines-no-malloc): libseccomp has made it
    }
  }
  for (const auto& [name, numbers] : calls) {
    std::printf("{\"%s\", {%d, %d, %d}},\n", name.c_str(), numbers[0], numbers[1], numbers[2]);
  }
  return calls.size() > 300 ? 0 : 1;
}
