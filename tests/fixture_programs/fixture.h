#pragma once

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace fixture {

/// The command line of a fixture program: plain words, `--flag` and `--name VALUE`.
class Arguments {
 public:
  Arguments(int argc, char** argv) : argc_(argc), argv_(argv) {}

  bool has(const char* flag) const { return find(flag) != 0; }
  const char* text(const char* name, const char* otherwise) const {
    const int at = find(name);
    return at != 0 && at + 1 < argc_ ? argv_[at + 1] : otherwise;
  }
  long number(const char* name, long otherwise) const {
    const char* value = text(name, nullptr);
    return value != nullptr ? std::strtol(value, nullptr, 10) : otherwise;
  }
  /// The n-th argument, from 1, whatever it looks like.
  const char* word(int n, const char* otherwise) const { return n < argc_ ? argv_[n] : otherwise; }

 private:
  int find(const char* name) const {
    for (int i = 1; i < argc_; ++i) {
      if (std::strcmp(argv_[i], name) == 0) return i;
    }
    return 0;
  }
  int argc_;
  char** argv_;
};

inline void sleep_ms(long milliseconds) {
  timespec left{milliseconds / 1000, (milliseconds % 1000) * 1'000'000};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

/// Stays until a signal ends the process.
[[noreturn]] inline void stay() {
  for (;;) ::pause();
}

/// Writes all of it, past short writes.
inline void write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) std::_Exit(1);
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

/// Prints a line on stdout at once.
inline void say(const char* line) {
  std::printf("%s\n", line);
  std::fflush(stdout);
}

/// Refuses to go on where a hostile program would hit the machine instead of a bundle. The test
/// says in HITCH_TEST_HOST_NAMESPACES which namespaces are its own: "mnt:[4026531841]
/// pid:[4026531836]".
/// @param kind  "mnt", "pid": the namespace that has to be another one
inline void require_other_namespace(const char* kind) {
  char path[64], own[128] = "";
  std::snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
  const ssize_t size = ::readlink(path, own, sizeof own - 1);
  const char* host = std::getenv("HITCH_TEST_HOST_NAMESPACES");
  if (size > 0 && host != nullptr && std::strstr(host, kind) && !std::strstr(host, own)) return;
  std::fprintf(stderr, "refused: not in a %s namespace of its own\n", kind);
  std::exit(99);
}

/// Prints "name: ok" or "name: EPERM" for the result of a system call, errno as it is now.
inline void report(const char* name, long result) {
  std::printf("%s: %s\n", name, result >= 0 ? "ok" : strerrorname_np(errno));
  std::fflush(stdout);
}

}  // namespace fixture
