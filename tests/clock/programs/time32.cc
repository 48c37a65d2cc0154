// time32: prints the wall clock in seconds. A program of 32 bits, without a libc, as few machines
// have one for these.

namespace {

constexpr int kWrite = 4, kTime = 13, kBrk = 45, kExit = 1;

int call(int number, int a, int b, int c) {
  int result = 0;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}

}  // namespace

extern "C" [[noreturn]] __attribute__((used)) void _start() {
  call(kBrk, 0, 0, 0);  // as every libc does
  unsigned now = static_cast<unsigned>(call(kTime, 0, 0, 0));
  char text[12];
  unsigned at = sizeof text;
  text[--at] = '\n';
  do text[--at] = static_cast<char>('0' + now % 10);
  while ((now /= 10) != 0);
  call(kWrite, 1, reinterpret_cast<int>(text + at), static_cast<int>(sizeof text - at));
  for (;;) call(kExit, 0, 0, 0);
}
