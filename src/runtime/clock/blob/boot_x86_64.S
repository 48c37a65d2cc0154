// The header, and where a program lands right after the first system call of its life: everything
// is kept as it was there, so that the program cannot notice.

  .section .blob.header, "aw", @progbits
  .balign 64
  .hidden hitch_blob_header
  .globl hitch_blob_header
hitch_blob_header:
  .fill 64, 1, 0

  .section .text.boot, "ax", @progbits
  .hidden hitch_blob_boot
  .globl hitch_blob_boot
  .type hitch_blob_boot, @function
hitch_blob_boot:
  lea -128(%rsp), %rsp  // a leaf function may keep data there: the red zone of the ABI
  pushfq
  push %rax
  push %rcx
  push %rdx
  push %rsi
  push %rdi
  push %r8
  push %r9
  push %r10
  push %r11
  push %rbp
  cld
  mov %rsp, %rbp
  and $-16, %rsp
  call hitch_blob_init
  mov %rbp, %rsp
  pop %rbp
  pop %r11
  pop %r10
  pop %r9
  pop %r8
  pop %rdi
  pop %rsi
  pop %rdx
  pop %rcx
  pop %rax
  popfq
  lea 128(%rsp), %rsp
  jmp *(hitch_blob_header + 24)(%rip)  // BlobHeader::resume
  .size hitch_blob_boot, . - hitch_blob_boot

  .section .note.GNU-stack, "", @progbits
