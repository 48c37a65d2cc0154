// Runs away: each process of a chain forks the next one and exits, so that no pid lives for long.
// The first process only starts the chain, in a session of its own, and stays.
#include "fixture_programs/fixture.h"

int main() {
  (void)std::signal(SIGCHLD, SIG_IGN);
  const pid_t first = ::fork();
  if (first < 0) return 1;
  if (first == 0) {
    ::setsid();
    for (;;) {
      const pid_t next = ::fork();
      if (next > 0) std::_Exit(0);
      fixture::sleep_ms(next < 0 ? 10 : 1);
    }
  }
  fixture::say("forking");
  fixture::stay();
}
