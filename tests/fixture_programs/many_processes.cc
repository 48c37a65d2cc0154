// many_processes N: starts N children that sleep, says "spawned N" and stays.
#include "fixture_programs/fixture.h"

int main(int argc, char** argv) {
  const long count = std::atol(fixture::Arguments(argc, argv).word(1, "10"));
  for (long i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) fixture::stay();
    if (child < 0) {
      std::fprintf(stderr, "fork: %s\n", std::strerror(errno));
      return 1;
    }
  }
  std::printf("spawned %ld\n", count);
  std::fflush(stdout);
  fixture::stay();
}
