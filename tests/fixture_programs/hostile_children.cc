// Has one child of each kind that is hard to end: in a session of its own and deaf, stopped,
// stopped by its tracer, and one that makes others as fast as it can.
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "fixture_programs/fixture.h"

namespace {

template <typename Body>
void child(Body body) {
  if (::fork() == 0) {
    body();
    fixture::stay();
  }
}

[[noreturn]] void deaf() {
  (void)::setsid();
  for (int signal = 1; signal < NSIG; ++signal) (void)::signal(signal, SIG_IGN);
  fixture::stay();
}

/// Its child stands still for a tracer that never looks.
[[noreturn]] void tracer() {
  if (::fork() == 0) {
    (void)::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    (void)::raise(SIGSTOP);
    fixture::stay();
  }
  (void)::signal(SIGTERM, SIG_IGN);
  fixture::stay();
}

}  // namespace

int main() {
  fixture::require_other_namespace("pid");
  child(deaf);
  child([] { (void)::raise(SIGSTOP); });
  child(tracer);
  child([] {
    for (int i = 0; i < 200; ++i) {
      if (::fork() == 0) deaf();
      fixture::sleep_ms(1);
    }
  });
  fixture::say("hostile");
  fixture::stay();
}
