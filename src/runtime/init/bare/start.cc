// Where hitch-init begins, in place of the C library's start files. Those ask for the processor's
// features, which a hypervisor answers one by one, read tunables and set up locales: nine tenths of
// what it takes to start a small program, and nothing that init needs.
// docs/decisions/026-init-without-a-c-library.md

#include <unistd.h>

using Constructor = void (*)();

extern "C" {

// Of the linker: what constructs objects of namespace scope.
extern const Constructor __init_array_start[], __init_array_end[];

void hitch_construct() noexcept {
  for (const Constructor* next = __init_array_start; next != __init_array_end; ++next) (*next)();
}

/// Nothing is destroyed: the end of init is the end of the bundle.
int __cxa_atexit(void (*)(void*), void*, void*) noexcept {
  return 0;
}
void* __dso_handle = nullptr;

/// What calls a virtual function that is not there is a defect.
[[noreturn]] void __cxa_pure_virtual() noexcept {
  ::_exit(1);
}
}

// The kernel leaves argc on top of the stack and argv above it, and the frame pointer undefined. At
// a call the stack is aligned to 16 bytes. System V ABI, AMD64 supplement, 3.4.1
asm(R"(
  .text
  .globl _start
  .type _start, @function
_start:
  xor %ebp, %ebp
  mov (%rsp), %rbx
  lea 8(%rsp), %r12
  and $-16, %rsp
  call hitch_construct
  mov %rbx, %rdi
  mov %r12, %rsi
  call main
  mov %eax, %edi
  call _exit
  .size _start, . - _start
)");
