// Sends PID 1 of the bundle every signal, says how that went, and that it is still there.
#include "fixture_programs/fixture.h"

int main() {
  fixture::require_other_namespace("pid");
  fixture::report("kill_init_kill", ::kill(1, SIGKILL));
  fixture::report("kill_init_stop", ::kill(1, SIGSTOP));
  for (int number = 1; number < NSIG; ++number) (void)::kill(1, number);
  fixture::sleep_ms(50);
  fixture::report("init_alive", ::kill(1, 0));
  return 0;
}
