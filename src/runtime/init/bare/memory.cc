// The functions that a compiler calls by itself, and the length of a string. The processor's own
// instruction for copying is as fast as anything from some hundred bytes on, which is what init
// copies.

#include <cstring>

#ifndef __clang__
// Or the compiler would see in these loops what they do, and make them calls of themselves.
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

extern "C" {

void* memcpy(void* into, const void* from, std::size_t bytes) noexcept {
  void* at = into;
  asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(bytes) : : "memory");
  return into;
}

void* memmove(void* into, const void* from, std::size_t bytes) noexcept {
  auto* const to = static_cast<char*>(into);
  const auto* const source = static_cast<const char*>(from);
  if (to <= source || to >= source + bytes) return memcpy(into, from, bytes);
  for (std::size_t i = bytes; i-- > 0;) to[i] = source[i];
  return into;
}

void* memset(void* into, int value, std::size_t bytes) noexcept {
  void* at = into;
  asm volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(value) : "memory");
  return into;
}

int memcmp(const void* left, const void* right, std::size_t bytes) noexcept {
  const auto* const a = static_cast<const unsigned char*>(left);
  const auto* const b = static_cast<const unsigned char*>(right);
  for (std::size_t i = 0; i < bytes; ++i) {
    if (a[i] != b[i]) return a[i] - b[i];
  }
  return 0;
}

std::size_t strlen(const char* text) noexcept {
  std::size_t length = 0;
  while (text[length] != '\0') ++length;
  return length;
}
}
